"""Doors for every test that needs some."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from tests.unit.gateway.rig import Doors

OpenDoors = Callable[..., Awaitable[Doors]]


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
