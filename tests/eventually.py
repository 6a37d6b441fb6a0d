"""Waiting for what will become true, with a deadline and no bare sleeps in tests."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any


async def eventually(look: Callable[[], Any | Awaitable[Any]], *, within: float = 10.0) -> Any:
    """Return what `look` returns as soon as it is true; fail with its last answer after `within` seconds."""
    deadline = asyncio.get_running_loop().time() + within
    while True:
        found = look()
        if inspect.isawaitable(found):
            found = await found
        if found:
            return found
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"not within {within} s; last seen: {found!r}")
        await asyncio.sleep(0.02)
