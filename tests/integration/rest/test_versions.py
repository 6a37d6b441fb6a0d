"""Two who change one thing at once do not undo one another: `ETag` and `If-Match` on all that operators keep."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import pytest

from tests.integration.conftest import House
from tests.integration.depot import brought, place, put

Make = Callable[[House], Awaitable[str]]


async def a_station(house: House) -> str:
    return f"/stations/{(await house.register('CP-1'))['id']}"


async def a_token(house: House) -> str:
    return f"/tokens/{(await house.token())['id']}"


async def a_site(house: House) -> str:
    site = {"id": "S", "name": "S", "city": "C", "latitude": 0, "longitude": 0}
    return f"/sites/{(await house.http.post('/sites', json=site)).json()['id']}"


CHANGES = {a_station: {"heartbeat_s": 60}, a_token: {"group": "G"}, a_site: {"city": "D"}}
KEPT = pytest.mark.parametrize("make", CHANGES)


def tag_of(answer: httpx.Response) -> str:
    assert answer.is_success, answer.text
    assert answer.headers["etag"] == f'"{answer.json()["version"]}"'
    return str(answer.headers["etag"])


@KEPT
async def test_a_change_on_the_condition_of_a_version_holds_only_for_that(house: House, make: Make) -> None:
    path = await make(house)
    first = tag_of(await house.http.get(path))
    second = tag_of(await house.http.patch(path, json=CHANGES[make], headers={"If-Match": first}))
    assert second != first
    for stale in (first, f"W/{second}", "nonsense", '""'):
        refused = await house.http.patch(path, json=CHANGES[make], headers={"If-Match": stale})
        assert refused.status_code == 412, stale
        assert (await house.http.delete(path, headers={"If-Match": stale})).status_code == 412, stale
    assert tag_of(await house.http.get(path)) == second
    third = tag_of(await house.http.patch(path, json=CHANGES[make], headers={"If-Match": f"{first}, {second}"}))
    assert tag_of(await house.http.patch(path, json=CHANGES[make], headers={"If-Match": "*"})) != third
    assert tag_of(await house.http.patch(path, json=CHANGES[make])) != third
    assert (await house.http.delete(path, headers={"If-Match": "*"})).status_code == 204


@pytest.mark.parametrize("kind", ["firmware", "files"])
async def test_what_only_comes_and_goes_is_deleted_on_a_condition_too(house: House, kind: str) -> None:
    if kind == "firmware":
        path = f"/firmware/{(await house.http.post('/firmware', json={'name': 'fw.bin'})).json()['id']}"
        early = (await house.http.get(path)).headers["etag"]
        assert (await house.http.put(f"{path}/content", content=b"bytes")).is_success
    else:
        assert (await put(f"{(await place(house, transport='http')).rstrip('/')}/a.log", b"bytes")).is_success
        path, early = f"/files/{(await brought(house))[0]['id']}", '"1"'
    now = (await house.http.get(path)).headers["etag"]
    assert now != early
    for stale in (early, f"W/{now}", "nonsense"):
        assert (await house.http.delete(path, headers={"If-Match": stale})).status_code == 412, stale
    assert (await house.http.get(path)).headers["etag"] == now
    assert (await house.http.delete(path, headers={"If-Match": now})).status_code == 204
    assert (await house.http.delete(path, headers={"If-Match": now})).status_code == 404


@KEPT
async def test_of_many_changes_on_one_condition_one_is_made(house: House, make: Make) -> None:
    path = await make(house)
    tag = tag_of(await house.http.get(path))
    changes = [house.http.patch(path, json=CHANGES[make], headers={"If-Match": tag}) for _ in range(8)]
    assert sorted(answer.status_code for answer in await asyncio.gather(*changes)) == [200, *[412] * 7]


@KEPT
async def test_what_there_is_not_has_no_version_either(house: House, make: Make) -> None:
    path = await make(house)
    assert (await house.http.delete(path)).status_code == 204
    assert (await house.http.patch(path, json=CHANGES[make], headers={"If-Match": '"1"'})).status_code == 404
    assert (await house.http.delete(path, headers={"If-Match": '"1"'})).status_code == 404
