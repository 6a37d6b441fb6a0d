"""Groups of stations, and what is done to them."""

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.eventually import eventually
from tests.integration.conftest import House

NAMES = itertools.count(1)


async def begun(house: House, path: str = "/operations", **wish: Any) -> str:
    """Begin an operation and return its place."""
    answer = await house.http.post(path, json=wish)
    assert answer.status_code == 202, answer.text
    place = answer.headers["Location"].removeprefix("/api/v1")
    assert answer.json()["id"] == place.rpartition("/")[2]
    return str(place)


async def read(house: House, place: str) -> dict[str, Any]:
    return dict((await house.http.get(place)).json())


async def ended(house: House, place: str, state: str = "finished", within: float = 20) -> dict[str, Any]:
    async def look() -> Any:
        operation = await read(house, place)
        return operation if operation["state"] == state else None

    return dict(await eventually(look, within=within))


async def results(house: House, place: str, **filters: Any) -> dict[str, dict[str, Any]]:
    found, after = {}, None
    while True:
        params = {"limit": 3, **filters} | ({"after": after} if after else {})
        page = (await house.http.get(f"{place}/results", params=params)).json()
        found |= {result["station"]: result for result in page["items"]}
        if (after := page["next"]) is None:
            return found


@asynccontextmanager
async def group(house: House, count: int, **more: Any) -> AsyncIterator[tuple[str, list[str]]]:
    """Register stations under a label of their own."""
    label = f"group-{next(NAMES)}"
    names = [f"{label}-CP-{n}" for n in range(count)]
    for name in names:
        await house.register(name, labels=[label, "all-of-them"], **more)
    yield label, names
