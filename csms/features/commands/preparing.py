"""What a command is given of ours before it is put into words, and what the records say against it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from msgspec.structs import replace

from csms.domain import remote
from csms.domain.local_list import Update, applied, excess, next_version
from csms.features.commands import certificates, delivering, errands
from csms.features.commands.words import Addressee, Words
from csms.storage.local_lists import known_list, told_limits
from csms.web.problems import FieldError, Problem

NUMBER = "SELECT nextval('reservation_numbers')"
TAKEN = """
SELECT EXISTS (SELECT FROM reservations WHERE station_id = $1 AND number = $2 AND accepted AND ending IS NULL)
"""


async def prepared(
    words: Words, to: Addressee, command: remote.RemoteCommand
) -> tuple[remote.RemoteCommand, dict[str, int]]:
    """Return a command with all that was left to us, and its numbers among that; raise a 422 for what cannot be meant."""
    prepare = PREPARATIONS.get(type(command))
    if prepare is None:
        return command, {}
    whole = await prepare(words, to, command)
    ours = {
        name: getattr(whole, name)
        for name in command.__struct_fields__
        if getattr(command, name) is None and isinstance(getattr(whole, name), int)
    }
    return whole, ours


async def _reserve(words: Words, to: Addressee, command: remote.Reserve) -> remote.Reserve:
    """Give a reservation a number that no live one of the station has (16-RES-03)."""
    if command.expires_at <= words.clock.now():
        refuse("/expires_at", "lies in the past")
    if command.reservation_id is not None:
        return command
    number = await words.pool.fetchval(NUMBER)
    while await words.pool.fetchval(TAKEN, to.station, number):
        number = await words.pool.fetchval(NUMBER)
    return replace(command, reservation_id=number)


async def _send_local_list(words: Words, to: Addressee, command: remote.SendLocalList) -> remote.SendLocalList:
    """Give an update of a list the next version, and refuse one that a station has no room for (16-LAL-02, 16-LAL-07)."""
    listed = tuple(words.phrasebook.spoken(to.protocol, remote.listed_of(entry)) for entry in command.entries)
    known = await known_list(words.pool, to.station)
    limits = await told_limits(words.pool, to.station, words.phrasebook.list_limits(to.protocol))
    if limits.per_message is not None and len(listed) > limits.per_message:
        refuse("/entries", f"are {len(listed)}, and the station takes {limits.per_message} at a time")
    update = Update(command.version or next_version(known.version), command.update == "full", listed)
    if (update.full or known.content is not None) and excess(applied(known.content or {}, update), limits):
        refuse("/entries", f"make a list of more than {limits.in_all}, which is all that the station takes")
    return replace(command, version=update.version)


async def _change_password(words: Words, to: Addressee, command: remote.ChangePassword) -> remote.ChangePassword:
    """Have a key told in the form that the make of a station takes (Q21)."""
    known = await words.registry.find(to.station) if to.station and command.form is None else None
    return command if known is None else replace(command, form=known.habits.password_form)


def refuse(path: str, why: str) -> None:
    """Raise a 422 that names a member."""
    raise Problem(422, f"{path.rpartition('/')[2]} {why}", errors=[FieldError(path, why)])


Prepare = Callable[[Words, Addressee, Any], Awaitable[remote.RemoteCommand]]
PREPARATIONS: Mapping[type[remote.RemoteCommand], Prepare] = {
    remote.ChangePassword: _change_password,
    remote.DeleteCertificate: certificates.delete,
    remote.DeliverCertificate: delivering.deliver,
    remote.GetDiagnostics: errands.bring,
    remote.GetLog: errands.bring,
    remote.InstallCertificate: certificates.install,
    remote.Reserve: _reserve,
    remote.SendLocalList: _send_local_list,
    remote.UpdateFirmware: errands.update_firmware,
}
