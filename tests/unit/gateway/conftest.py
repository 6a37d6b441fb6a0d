"""Doors for every test that needs some."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from csms.gateway.tls import Asking
from tests.unit.gateway.rig import Doors
from tests.unit.gateway.secure import Secure

OpenDoors = Callable[..., Awaitable[Doors]]
OpenSecure = Callable[..., Awaitable[Secure]]


@pytest.fixture
async def open_doors() -> AsyncIterator[OpenDoors]:
    opened: list[Doors] = []

    async def start(**settings: object) -> Doors:
        doors = Doors(**settings)  # type: ignore[arg-type]
        opened.append(doors)
        return await doors.__aenter__()

    yield start
    for doors in opened:
        await doors.__aexit__(None, None, None)


@pytest.fixture
async def doors(open_doors: OpenDoors) -> Doors:
    return await open_doors()


@pytest.fixture
async def open_secure(open_doors: OpenDoors, tmp_path: Path) -> AsyncIterator[OpenSecure]:
    opened: list[Secure] = []

    async def start(asking: Asking = Asking.MAYBE, profiles: set[int] | None = None, **settings: object) -> Secure:
        secure = Secure(await open_doors(**settings), tmp_path, asking, profiles or {2, 3})
        opened.append(secure)
        await secure.listener.start()
        return secure

    yield start
    for secure in opened:
        for peer in secure.doors.peers:
            peer.writer.transport.abort()
        await secure.listener.stop_accepting()
        await secure.listener.drain(batch=1000, pause_s=0)
