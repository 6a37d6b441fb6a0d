"""Every command in every version: which function puts it into words."""

from collections.abc import Mapping
from typing import Any

from csms.domain.remote import RemoteCommand
from csms.ocpp.version import Version
from csms.ports.commands import Unsupported
from handlers.v16.commands import COMMANDS as COMMANDS_16
from handlers.v201.commands import COMMANDS as COMMANDS_201

BY_VERSION: Mapping[str, Mapping[Any, Any]] = {
    Version.V16: COMMANDS_16,
    Version.V201: COMMANDS_201,
    Version.V21: COMMANDS_201,
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
