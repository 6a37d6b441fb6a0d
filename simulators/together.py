"""Several things at once, which end together.

The task groups of Python 3.11 tell a task once that it is to end; where it was told just as what it waited for came
(`asyncio.wait_for` forgets it then, also within the `ocpp` package), it would go on until its own next error.
"""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any

AGAIN_S = 0.5


async def together(**works: Coroutine[Any, Any, None]) -> None:
    """Do all `works`, by name, until one fails: that error is raised, and the others end."""
    tasks = [asyncio.get_running_loop().create_task(work, name=name) for name, work in works.items()]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            task.result()
    finally:
        await end(tasks)


async def end(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """End all `tasks`, however often they must be told."""
    interrupted = False
    while running := [task for task in tasks if not task.done()]:
        for task in running:
            task.cancel()
        try:
            await asyncio.wait(running, timeout=AGAIN_S)
        except asyncio.CancelledError:  # who does this is to end as well, and so are they
            interrupted = True
    for task in tasks:
        if not task.cancelled():
            task.exception()  # is seen: that of who failed first is raised by who began them
    if interrupted:
        raise asyncio.CancelledError
