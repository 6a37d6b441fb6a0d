"""What a command is given of ours before it is put into words, and what the records say against it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from msgspec.structs import replace

from csms.domain import remote
from csms.features.commands.words import Words
from csms.web.problems import FieldError, Problem

NUMBER = "SELECT nextval('reservation_numbers')"
TAKEN = """
SELECT EXISTS (SELECT FROM reservations WHERE station_id = $1 AND number = $2 AND accepted AND ending IS NULL)
"""


async def prepared(
    words: Words, station: str, command: remote.RemoteCommand
) -> tuple[remote.RemoteCommand, dict[str, int]]:
    """Return a command with all that was left to us, and its numbers among that; raise a 422 for what cannot be meant."""
    prepare = PREPARATIONS.get(type(command))
    if prepare is None:
        return command, {}
    whole = await prepare(words, station, command)
    ours = {
        name: getattr(whole, name)
        for name in command.__struct_fields__
        if getattr(command, name) is None and isinstance(getattr(whole, name), int)
    }
    return whole, ours


async def _reserve(words: Words, station: str, command: remote.Reserve) -> remote.Reserve:
    """Give a reservation a number that no live one of the station has (16-RES-03)."""
    if command.expires_at <= words.clock.now():
        refuse("/expires_at", "lies in the past")
    if command.reservation_id is not None:
        return command
    number = await words.pool.fetchval(NUMBER)
    while await words.pool.fetchval(TAKEN, station, number):
        number = await words.pool.fetchval(NUMBER)
    return replace(command, reservation_id=number)


async def _update_firmware(words: Words, station: str, command: remote.UpdateFirmware) -> remote.UpdateFirmware:
    """Send the station for its firmware now, if no time was named."""
    return command if command.retrieve_at is not None else replace(command, retrieve_at=words.clock.now())


def refuse(path: str, why: str) -> None:
    """Raise a 422 that names a member."""
    raise Problem(422, f"{path.rpartition('/')[2]} {why}", errors=[FieldError(path, why)])


PREPARATIONS: Mapping[type[remote.RemoteCommand], Callable[[Words, str, Any], Awaitable[remote.RemoteCommand]]] = {
    remote.Reserve: _reserve,
    remote.UpdateFirmware: _update_firmware,
}
