"""What a command that sends a station for something needs before it can be worded."""

from msgspec.structs import replace

from csms.domain import remote
from csms.web.desk import Desk


def prepared(desk: Desk, command: remote.RemoteCommand) -> remote.RemoteCommand:
    """Return a command with what its operator left to us."""
    if isinstance(command, remote.UpdateFirmware) and command.retrieve_at is None:
        return replace(command, retrieve_at=desk.clock.now())
    return command
