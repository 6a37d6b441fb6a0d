"""Large bodies, in pieces."""

import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any
from urllib.parse import quote

from litestar import Request
from litestar.response import Stream

from csms.ports.objects import NoSuchObject, Objects, ObjectsUnavailable
from csms.web.problems import Problem


class Weighed:
    """A body that is summed up as it passes.

    An empty one and one larger than the limit are refused, and so is, at its end, one whose hash `check` does not like: a store
    keeps nothing of it.
    """

    def __init__(self, request: Request[Any, Any, Any], *, limit: int, check: Callable[[bytes], None]) -> None:
        self._request = request
        self._limit = limit
        self._check = check
        self._sum = hashlib.sha256()
        self.size = 0

    @property
    def digest(self) -> bytes:
        """The hash of what passed."""
        return self._sum.digest()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._request.stream():
            self.size += len(chunk)
            if self.size > self._limit:
                raise Problem(413, f"more than {self._limit} bytes")
            self._sum.update(chunk)
            yield chunk
        if not self.size:
            raise Problem(422, "there are no bytes in the body")
        self._check(self.digest)


async def kept(objects: Objects, key: str, name: str) -> Stream:
    """Answer with an object, as a file that browsers save and never show."""
    try:
        chunks = objects.get(key)
        first = await anext(chunks, b"")
    except NoSuchObject as error:
        raise Problem(404, "its bytes are not here") from error
    except ObjectsUnavailable as error:
        raise Problem(503, "the store of files is not available") from error
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }
    return Stream(_from(first, chunks), media_type="application/octet-stream", headers=headers)


async def _from(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async with aclosing(rest) as chunks:  # type: ignore[type-var]  # a generator in all stores
        yield first
        async for chunk in chunks:
            yield chunk
