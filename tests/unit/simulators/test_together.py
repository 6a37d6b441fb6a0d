"""Things that a simulated station does at once end together."""

import asyncio

import pytest

from simulators.together import end, together


async def deaf(times: int) -> None:
    """Forget so many times that it is to end, as a wait does whose result came in the same moment."""
    while True:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            if not times:
                raise
            times -= 1


async def fail() -> None:
    raise ConnectionError("left")


@pytest.mark.parametrize("times", [0, 1, 2])
async def test_all_end_with_the_first_that_fails_and_its_error_is_told(
    times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simulators.together.AGAIN_S", 0.01)
    others = asyncio.all_tasks()
    async with asyncio.timeout(5):
        with pytest.raises(ConnectionError, match="left"):
            await together(deaf=deaf(times), failing=fail(), other=asyncio.sleep(100))
    assert asyncio.all_tasks() == others


@pytest.mark.parametrize("times", [0, 1, 2])
async def test_they_end_with_whoever_began_them(times: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulators.together.AGAIN_S", 0.01)
    others = asyncio.all_tasks()
    outer = asyncio.get_running_loop().create_task(together(a=together(deaf=deaf(times)), b=asyncio.sleep(100)))
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await end([outer])
    assert outer.cancelled()
    assert asyncio.all_tasks() == others
