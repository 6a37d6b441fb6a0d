"""The only way to a server, which a test can narrow, cut and open again."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from urllib.parse import urlsplit, urlunsplit

Ends = tuple[asyncio.StreamWriter, asyncio.StreamWriter]


class Strait:
    """Carries bytes between clients and the server of a URL.

    `mute` lets requests through and holds answers back, so that what was done stays unknown;
    `cut` ends all connections; `close` takes no new ones until `open`.
    """

    def __init__(self, url: str) -> None:
        self._there = urlsplit(url)
        self._server: asyncio.Server | None = None
        self._ends: set[Ends] = set()
        self._port = 0
        self._hearing = asyncio.Event()
        self._hearing.set()
        self._pumps: set[asyncio.Task[None]] = set()
        self.requests: list[bytes] = []

    @property
    def url(self) -> str:
        """The URL of the server by way of the strait."""
        host = f"127.0.0.1:{self._port}"
        secret = self._there.netloc.rpartition("@")[0]
        return urlunsplit(self._there._replace(netloc=f"{secret}@{host}"))

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    def mute(self) -> None:
        self._hearing.clear()

    def unmute(self) -> None:
        self._hearing.set()

    def cut(self) -> None:
        for ends in self._ends:
            for end in ends:
                end.transport.abort()
        self._ends.clear()

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        self.cut()

    async def end(self) -> None:
        self.close()
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_connection(self._there.hostname, self._there.port)
        self._ends.add((writer, server_writer))
        for source, sink, answers in ((reader, server_writer, False), (server_reader, writer, True)):
            pump = asyncio.create_task(self._pump(source, sink, answers=answers))
            self._pumps.add(pump)
            pump.add_done_callback(self._pumps.discard)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, answers: bool) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                if answers:
                    await self._hearing.wait()
                else:
                    self.requests.append(data)
                sink.write(data)
                await sink.drain()
        sink.close()


@contextlib.asynccontextmanager
async def strait_to(url: str) -> AsyncIterator[Strait]:
    strait = Strait(url)
    await strait.open()
    try:
        yield strait
    finally:
        await strait.end()
