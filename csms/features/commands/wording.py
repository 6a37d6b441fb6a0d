"""A command in the words of a station's version, checked before anything is sent."""

from typing import NamedTuple

import msgspec

from csms.domain.remote import ReadVariables, RemoteCommand
from csms.features.commands.asking import check_offer
from csms.features.commands.room import frame_bytes, told_items, told_limit
from csms.features.commands.words import Words
from csms.ports.commands import Unsupported
from csms.web.problems import FieldError, Problem


class Worded(NamedTuple):
    """A call to be; `largest` is the member of the command that takes the most room in it."""

    action: str
    payload: bytes
    largest: str


def word(words: Words, protocol: str, command: RemoteCommand) -> Worded:
    """Return the call that a command is in a version; raise a `Problem` that names what is at fault."""
    check_faults(command)
    phrasebook = words.phrasebook
    try:
        action, payload = phrasebook.put(protocol, command)
    except Unsupported as unsupported:
        at_fault = unsupported.member
        errors = [] if at_fault is None else [FieldError(f"/{at_fault}", str(unsupported))]
        raise Problem(422, str(unsupported), errors=errors) from unsupported
    raw = msgspec.json.encode(payload)
    if faults := words.check(protocol, action, raw):
        errors = [FieldError(f"/{phrasebook.member(protocol, fault.path)}", fault.message) for fault in faults]
        raise Problem(422, f"{action} cannot say this in {protocol}", errors=errors)
    largest = max(payload, key=lambda name: len(str(payload[name])), default="")
    return Worded(action, raw, phrasebook.member(protocol, largest))


def check_faults(command: RemoteCommand) -> None:
    """Refuse what is wrong in every version."""
    if errors := [FieldError(fault.path, fault.why) for fault in command.faults()]:
        raise Problem(422, f"{errors[0].path.rpartition('/')[2]} {errors[0].message}", errors=errors)


async def word_for(words: Words, station: str, protocol: str, command: RemoteCommand) -> Worded:
    """Return the call that a command to one station is; raise a `Problem` for one that it would choke on, too (Q43)."""
    worded = word(words, protocol, command)
    await check_offer(words, station, worded.action, worded.payload)
    check_room(worded.action, worded.payload, await _room(words, station, worded.action), worded.largest)
    return worded


async def word_parts(words: Words, station: str, protocol: str, command: RemoteCommand) -> list[Worded]:
    """Return the calls that a command to one station is: as few as it has room for; raise a `Problem` as `word_for` does."""
    check_faults(command)
    several = words.phrasebook.parts(protocol, command)
    if len(several) > 1:
        return [await word_for(words, station, protocol, part) for part in several]
    whole = word(words, protocol, command)
    most = await _most_items(words, station, command, whole.action) or len(whole.payload)
    room = await _room(words, station, whole.action)
    parts = [word(words, protocol, part) for part in command.chunks(most)]
    most = min(most, len(command.chunks(1)))
    while (largest := max(frame_bytes(part.action, part.payload) for part in parts)) > room and most > 1:
        most = max(1, min(most - 1, most * room // largest))
        parts = [word(words, protocol, part) for part in command.chunks(most)]
    for part in parts:
        await check_offer(words, station, part.action, part.payload)
        check_room(part.action, part.payload, room, part.largest)
    return parts


async def _most_items(words: Words, station: str, command: RemoteCommand, action: str) -> int | None:
    """Return how many things a station takes at once: what it told, or what its make bears to be asked for (Q93)."""
    told = await told_items(words.pool, station, action)
    known = await words.registry.find(station)
    bears = known.habits.max_keys if known is not None and isinstance(command, ReadVariables) else None
    return min((most for most in (told, bears) if most is not None), default=None)


async def _room(words: Words, station: str, action: str) -> int:
    """Return how many bytes a station takes: what it told, what its make bears, or what all do."""
    limit = await told_limit(words.pool, station, action)
    if limit is not None:
        return limit
    known = await words.registry.find(station)
    return (known and known.habits.command_bytes) or words.command_bytes


async def patience_with(words: Words, station: str, default: float) -> float:
    """Return how long a call to a station may take: what its operator said, what its make needs, or what all get."""
    known = await words.registry.find(station)
    return default if known is None else known.timeout(default)


def check_room(action: str, payload: bytes, limit: int | None, member: str = "") -> None:
    """Refuse what a station would choke on: some reboot on a frame that is too large (Q43)."""
    size = frame_bytes(action, payload)
    if limit is not None and size > limit:
        told = f"the call would have {size} bytes, and the station takes {limit}"
        raise Problem(422, told, errors=[FieldError(f"/{member}" if member else "", told)])
