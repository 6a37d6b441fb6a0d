"""What an operator asks of a station about its local authorization list."""

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta, Struct

from csms.domain.access import TokenRef
from csms.domain.fault import Fault
from csms.domain.local_list import Info, Listed, Update, repeated
from csms.domain.remote.words import LARGEST, Moment, RemoteCommand, Text

ListStatus = Literal["accepted", "blocked", "expired", "invalid", "no-credit", "concurrent-tx"]
STATUSES: dict[str, str] = {
    "accepted": "Accepted",
    "blocked": "Blocked",
    "expired": "Expired",
    "invalid": "Invalid",
    "no-credit": "NoCredit",
    "concurrent-tx": "ConcurrentTx",
}
WORDS: dict[str, ListStatus] = {
    "Accepted": "accepted",
    "Blocked": "blocked",
    "Expired": "expired",
    "Invalid": "invalid",
    "NoCredit": "no-credit",
    "ConcurrentTx": "concurrent-tx",
}


class ListedToken(Struct, frozen=True, forbid_unknown_fields=True):
    """A token of a list and what the list says of it; with `remove`, one that a differential update takes out."""

    token: Text
    kind: Text = "ISO14443"
    status: ListStatus | None = None
    group: Text | None = None
    expires_at: Moment | None = None
    remove: bool = False


class AskListVersion(RemoteCommand, frozen=True):
    """Ask which version of its list the station has: 0 for an empty one, -1 if it knows no lists (16-LAL-01)."""


class SendLocalList(RemoteCommand, frozen=True):
    """Replace the list of a station, or change some of it; without a `version` it gets the one after the known one."""

    update: Literal["full", "differential"]
    entries: Annotated[tuple[ListedToken, ...], Meta(max_length=20_000)] = ()
    version: Annotated[int, Meta(ge=1, le=LARGEST)] | None = None

    def faults(self) -> Iterator[Fault]:
        for n, first in repeated([listed_of(entry) for entry in self.entries]):
            yield Fault(f"/entries/{n}/token", f"stands at {first} already")
        for n, entry in enumerate(self.entries):
            if entry.remove and self.update == "full":
                yield Fault(f"/entries/{n}/remove", "has no place in a full update, which replaces all")
            elif entry.remove and (entry.status or entry.group or entry.expires_at):
                yield Fault(f"/entries/{n}/remove", "leaves nothing to say of the token")
        if self.update == "differential" and not self.entries:
            yield Fault("/entries", "are none, and a differential update without any changes nothing")


def listed_of(entry: ListedToken) -> Listed:
    """Return what an operator's entry means."""
    token = TokenRef(entry.token, entry.kind)
    if entry.remove:
        return Listed(token)
    return Listed(token, Info(STATUSES[entry.status or "accepted"], entry.group, entry.expires_at))


def command_of(update: Update) -> SendLocalList:
    """Return the command that sends an update."""
    return SendLocalList(
        "full" if update.full else "differential", tuple(map(_entry_of, update.listed)), update.version
    )


def _entry_of(listed: Listed) -> ListedToken:
    token, info = listed.token, listed.info
    if info is None:
        return ListedToken(token.value, token.kind, remove=True)
    return ListedToken(token.value, token.kind, WORDS[info.status], info.group, info.expires_at)
