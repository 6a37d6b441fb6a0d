"""A TLS door on a real socket, with authorities of its own."""

import asyncio
import ssl
from pathlib import Path
from typing import Any

from csms.gateway.keyring import Keyring
from csms.gateway.listener import StationListener
from csms.gateway.tls import Asking, Chain
from tests.papers import Authority, Paper
from tests.unit.gateway.peer import Peer, request
from tests.unit.gateway.rig import Doors


class Secure:
    """A TLS door beside the plain one of a rig."""

    def __init__(self, doors: Doors, folder: Path, asking: Asking, profiles: set[int]) -> None:
        self.doors = doors
        self.authority = Authority()
        self.strangers = Authority(called="Another Root")
        self.server = self.authority.server().files(folder, "server")
        roots = folder / "roots.pem"
        roots.write_text(self.authority.pem)
        self.keyring = Keyring(chains=[Chain(*self.server)], roots=[roots], clock=doors.clock, metrics=doors.metrics)
        self.listener = StationListener(
            context=doors.listener._context,
            host="127.0.0.1",
            port=0,
            profiles=profiles,
            tls=self.keyring.door(asking),
        )
        self.folder = folder

    def client(self, paper: Paper | None = None) -> ssl.SSLContext:
        context = ssl.create_default_context(cadata=self.authority.pem)
        if paper is not None:
            context.load_cert_chain(*paper.files(self.folder, "client"))
        return context

    async def dial(self, context: ssl.SSLContext | None = None, **more: Any) -> Peer:
        tls = None if context is None else {"ssl": context, "server_hostname": "localhost"}
        peer = Peer(*await asyncio.open_connection("127.0.0.1", self.listener.port, **(tls or {}), **more))
        self.doors.peers.append(peer)
        return peer

    async def ask(self, path: str = "/CP-1", paper: Paper | None = None) -> Peer:
        peer = await self.dial(self.client(paper))
        peer.write(request(path))
        await peer.read_head()
        return peer
