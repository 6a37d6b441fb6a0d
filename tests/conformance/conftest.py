"""Cases of certification run against whole nodes, as all tests on real servers do."""

from collections.abc import AsyncIterator

import pytest

from tests.conformance.scenes import Stage
from tests.integration.conftest import House, house, shared_house, start_house

__all__ = ["house", "shared_house", "start_house"]


@pytest.fixture
async def stage(house: House) -> AsyncIterator[Stage]:
    """Where cases are played; once a test is over, every frame that was on the wire is looked at."""
    stage = Stage(house)
    yield stage
    await stage.prove()
