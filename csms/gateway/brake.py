"""What stops the two directions of a socket: reading for a while, writing for good."""

import asyncio


class Brake:
    """Stops the reading of a socket while there is a reason to; reasons have names."""

    __slots__ = ("_reasons", "_transport")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._reasons: frozenset[str] = frozenset()

    @property
    def pulled(self) -> bool:
        """Whether reading has stopped."""
        return bool(self._reasons)

    def pull(self, why: str) -> None:
        """Stop, or add a reason to having stopped."""
        if not self._reasons and not self._transport.is_closing():
            self._transport.pause_reading()
        self._reasons |= {why}

    def release(self, why: str) -> bool:
        """Take back a reason; return whether it was the last, and reading goes on."""
        was, self._reasons = self._reasons, self._reasons - {why}
        if not was or self._reasons:
            return False
        if not self._transport.is_closing():
            self._transport.resume_reading()
        return True

    def let_go(self) -> None:
        """Take back all reasons."""
        for why in self._reasons:
            self.release(why)


def end_writing(transport: asyncio.Transport) -> None:
    """Say that nothing more comes; the peer hears it at once, and may have more to say where that can be.

    TLS has no half-closed lines, and a station that has said goodbye waits for us to close ours.
    """
    if transport.can_write_eof():
        transport.write_eof()
    else:
        transport.close()
