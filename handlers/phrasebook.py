"""Every command in every version: which function puts it into words."""

from collections.abc import Mapping
from typing import Any

from csms.domain.remote import RemoteCommand
from csms.ocpp.version import Version
from csms.ports.commands import Unsupported
from handlers import v16, v201

BY_VERSION: Mapping[str, Mapping[Any, Any]] = {
    Version.V16: v16.COMMANDS,
    Version.V201: v201.COMMANDS,
    Version.V21: v201.COMMANDS,
}
MEMBERS: Mapping[str, Mapping[str, str]] = {
    Version.V16: v16.MEMBERS,
    Version.V201: v201.MEMBERS,
    Version.V21: v201.MEMBERS,
}


class VersionedPhrasebook:
    """The `Phrasebook` of all versions."""

    def put(self, protocol: str, command: RemoteCommand) -> tuple[str, dict[str, object]]:
        """Return action and payload; raise `Unsupported`."""
        put = BY_VERSION.get(protocol, {}).get(type(command))
        if put is None:
            raise Unsupported(f"{type(command).__name__} cannot be said in {protocol}")
        action, payload = put(command)
        return action, payload

    def member(self, protocol: str, path: str) -> str:
        """Return the member of a command that became what a path names: the deepest one known."""
        members = MEMBERS.get(protocol, {})
        return next((members[name] for name in reversed(path.split("/")) if name in members), "")
