"""The FTP server of the depot, beside the loop of the program."""

import asyncio
import logging
import socket
import threading
from dataclasses import dataclass

from pyftpdlib.ioloop import AsyncChat

from csms.depot.counter import Counter
from csms.depot.ftp import Channel, Guard, Server, Transfer
from csms.depot.pipes import Loop
from csms.web.server import Place, bind

POLL_S = 5.0
STOP_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True)
class FtpPlace:
    """Where to listen; `passive_ports` None takes any free one, `masquerade` is the address that stations know us by."""

    host: str
    port: int
    passive_ports: range | None = None
    masquerade: str | None = None


class _Bell(AsyncChat):  # type: ignore[misc]  # the library is not typed
    """Wakes the server out of its wait."""

    def __init__(self, server: Server) -> None:
        self._rope, ear = socket.socketpair()
        super().__init__(ear, ioloop=server.ioloop)

    def ring(self) -> None:
        self._rope.close()

    def handle_read(self) -> None:
        self.close()


class FtpServer:
    """Serves stations in threads of its own; what they fetch and bring goes through the loop."""

    def __init__(self, *, counter: Counter, place: FtpPlace, stall_s: float) -> None:
        logging.getLogger("pyftpdlib").setLevel(logging.CRITICAL)  # it would tell keys
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        bridge = Loop(asyncio.get_running_loop())
        self._server = Server(
            bind(Place("CSMS_FTP", place.host, place.port)), _channel(counter, bridge, place, stall_s)
        )
        self._bell = _Bell(self._server)

    @property
    def port(self) -> int:
        """The port that is listened at."""
        return int(self._server.address[1])

    def start(self) -> None:
        """Serve."""
        self._thread = threading.Thread(target=self._serve, name="ftp", daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        """Take no more connections, and end those that there are."""
        self._stopping.set()
        self._bell.ring()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join, STOP_WITHIN_S)

    def _serve(self) -> None:
        while not self._stopping.is_set():
            self._server.serve_forever(timeout=POLL_S, blocking=False, handle_exit=False)
        self._server.close_all()


def _channel(counter: Counter, bridge: Loop, place: FtpPlace, stall_s: float) -> type[Channel]:
    """Return the kind of connections of one server: the library takes its settings from classes."""
    transfer = type("BoundTransfer", (Transfer,), {"timeout": stall_s})
    guard = Guard(counter, bridge)
    members = {
        "dtp_handler": transfer,
        "authorizer": guard,
        "guard": guard,
        "counter": counter,
        "bridge": bridge,
        "timeout": max(stall_s, 60.0),
        "passive_ports": place.passive_ports,
        "masquerade_address": place.masquerade,
    }
    return type("BoundChannel", (Channel,), members)
