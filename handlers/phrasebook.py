"""Every command in every version: which function puts it into words."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from csms.domain.local_list import Listed
from csms.domain.remote import GetInstalledCertificates, RemoteCommand
from csms.ocpp.version import Version
from csms.ports.commands import LimitVariable, SecurityOffer, Unsupported, Verdict
from handlers import v16, v21, v201
from handlers.v16 import certificate_management as certificates_16
from handlers.v16 import security as security_16
from handlers.v16 import signing as signing_16
from handlers.v201 import security as security_2x
from handlers.verdicts import verdict_of

BY_VERSION: Mapping[str, Mapping[Any, Any]] = {
    Version.V16: v16.COMMANDS,
    Version.V201: v201.COMMANDS,
    Version.V21: v21.COMMANDS,
}
MEMBERS: Mapping[str, Mapping[str, str]] = {
    Version.V16: v16.MEMBERS,
    Version.V201: v201.MEMBERS,
    Version.V21: v201.MEMBERS,
}

PARTS: Mapping[tuple[str, type[RemoteCommand]], Callable[[Any], Sequence[RemoteCommand]]] = {
    (Version.V16, GetInstalledCertificates): certificates_16.one_by_one
}
"""Commands that a version says in several calls."""

OFFERS = {**security_16.OFFERS, **security_2x.OFFERS, **signing_16.OFFERS}
"""By the action of a call: what of it a station is to come in by."""


class VersionedPhrasebook:
    """The `Phrasebook` of all versions."""

    def put(self, protocol: str, command: RemoteCommand) -> tuple[str, dict[str, object]]:
        """Return action and payload; raise `Unsupported`."""
        put = BY_VERSION.get(protocol, {}).get(type(command))
        if put is None:
            raise Unsupported(f"{type(command).__name__} cannot be said in {protocol}")
        action, payload = put(command)
        return action, payload

    def parts(self, protocol: str, command: RemoteCommand) -> Sequence[RemoteCommand]:
        """Return what to say one after the other; the command alone, if its version can say it at once."""
        part = PARTS.get((protocol, type(command)))
        return [command] if part is None else part(command)

    def spoken(self, protocol: str, listed: Listed) -> Listed:
        """Return an entry of a local list as a station would have it."""
        return v16.spoken(listed) if protocol == Version.V16 else v201.spoken(listed)

    def list_limits(self, protocol: str) -> Mapping[str, LimitVariable]:
        """Return the variables that tell how much of a local list a station takes."""
        return v16.LIST_LIMITS if protocol == Version.V16 else v201.LIST_LIMITS

    def member(self, protocol: str, path: str) -> str:
        """Return the member of a command that became what a path names, with the places of items on the way."""
        members, found, named = MEMBERS.get(protocol, {}), [], True
        for segment in _parts(path):
            if isinstance(segment, int):
                found += [str(segment)] if named else []
            else:
                name = _deepest(segment, members)
                named = name is not None
                found += [name] if name is not None else []
        return "/".join(found)

    def offer(self, action: str, payload: bytes) -> SecurityOffer | None:
        """Return what a call offers a station to come in by, in whichever version."""
        offer = OFFERS.get(action)
        return None if offer is None else offer(payload)

    def verdict(self, answer: str, action: str = "") -> Verdict:
        """Return what an answer says to a command, in whichever version."""
        return verdict_of(answer, action)


def _parts(path: str) -> Iterator[list[str] | int]:
    """Cut a path where it goes into the items of an array."""
    for is_place, group in groupby(path.strip("/").split("/"), str.isdecimal):
        part = list(group)
        yield from map(int, part) if is_place else [part]


def _deepest(part: list[str], members: Mapping[str, str]) -> str | None:
    """Return what the last name that is known stands for; `outer/inner` goes before `inner`."""
    for n in range(len(part) - 1, -1, -1):
        for name in ("/".join(part[max(n - 1, 0) : n + 1]), part[n]):
            if name in members:
                return members[name]
    return None
