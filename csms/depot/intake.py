"""What comes in, on its way to the store: summed up, weighed, and kept as far as it came."""

import hashlib
from collections.abc import AsyncIterator

from csms.ports.depot import FileStatus

Body = AsyncIterator[bytes]


class BrokenOff(Exception):
    """The sender went away, or fell silent, before the end; the text says which."""


class TooLarge(Exception):
    """More came than a file may have."""


class Sieve:
    """Passes bytes on.

    What breaks off ends here, so that what came is kept as a part; what is too large is not kept at all.
    """

    def __init__(self, body: Body, *, limit: int) -> None:
        self._body = body
        self._limit = limit
        self._sum = hashlib.sha256()
        self.size = 0
        self.broken_off: str | None = None
        self.too_large = False

    @property
    def sha256(self) -> str:
        """The hash of what passed."""
        return self._sum.hexdigest()

    @property
    def status(self) -> FileStatus:
        """What has become of the file."""
        if self.too_large:
            return FileStatus.TOO_LARGE
        return FileStatus.WHOLE if self.broken_off is None else FileStatus.PARTIAL

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._body:
                self.size += len(chunk)
                if self.size > self._limit:
                    self.too_large = True
                    raise TooLarge
                self._sum.update(chunk)
                yield chunk
        except BrokenOff as broken:
            self.broken_off = str(broken)
