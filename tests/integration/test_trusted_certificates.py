"""Which stations have a root, which lack it and of which nobody knows: what an operator looks at before a root is changed."""

from typing import Any

import pytest

from tests.integration.conftest import House
from tests.integration.trusting import LIST, ROOT, trusting
from tests.papers import Authority

SHORT = Authority(called="Root of a day")
BELOW = Authority(called="Root of a branch", above=ROOT)


async def items(house: House, route: str, **filters: Any) -> list[dict[str, Any]]:
    answer = await house.http.get(route, params=filters)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


@pytest.mark.covers("SEC-51")
async def test_a_root_is_changed_when_all_stations_are_known_to_have_the_new_one(house: House) -> None:
    one, at_one = await trusting(house, "1.6", "upper")
    two, at_two = await trusting(house, "2.0.1", "sha512")
    _, at_three = await trusting(house, "2.0.1")
    await at_one.install(pem=BELOW.pem)
    two.trust.install("CSMSRootCertificate", BELOW.pem)
    await at_two.install("manufacturer-root", ROOT.pem)
    trusted = {row["subject"]: row for row in await items(house, "/trusted-certificates")}
    assert {subject: row["stations"] for subject, row in trusted.items()} == {
        "O=Test,CN=Root One": 1,
        "O=Test,CN=Root of a branch": 1,
    }
    place = f"/trusted-certificates/{trusted['O=Test,CN=Root of a branch']['fingerprint']}/stations"

    async def having() -> list[str]:
        return [row["has"] for row in await items(house, place, use="csms-root")]

    assert await having() == ["has", "unknown", "unknown"]
    for at in (at_one, at_two, at_three):
        await at.say(LIST, uses=["csms-root"])
    assert await having() == ["has", "has", "lacks"]
    assert [row["station_id"] for row in await items(house, place, use="csms-root", has="lacks")] == [at_three.name]
    (row,) = await items(house, place, use="csms-root", has="has", limit=1)
    assert (row["station_id"], row["told_at"] > row["installed_at"]) == (at_one.name, True)
    page = (await house.http.get(place, params={"use": "csms-root", "limit": 2})).json()
    (row,) = await items(house, place, use="csms-root", after=page["next"])
    assert (row["station_id"], row["installed_at"], row["listed_at"] is not None) == (at_three.name, None, True)
    assert [row["has"] for row in await items(house, place, use="manufacturer-root")] == ["unknown"] * 3
    one.trust.delete(one.trust.listed([])[0][1])
    await at_one.say(LIST)
    assert await having() == ["lacks", "has", "lacks"]


async def test_certificates_come_by_their_end_and_in_pages(shared_house: House) -> None:
    _, at = await trusting(shared_house, "1.6")
    pems = [ROOT.pem, SHORT.pem]
    for pem in pems:
        await at.install(pem=pem)
    first = (await shared_house.http.get("/trusted-certificates", params={"limit": 1})).json()
    rest = await items(shared_house, "/trusted-certificates", after=first["next"])
    ends = [row["not_after"] for row in (*first["items"], *rest)]
    assert len(ends) == len(pems)
    assert ends == sorted(ends)
    assert await items(shared_house, "/trusted-certificates", ends_before=ends[0]) == []
    assert len(await items(shared_house, "/trusted-certificates", ends_before=ends[1])) <= 1
    unknown = await shared_house.http.get("/trusted-certificates/nobody/stations", params={"use": "csms-root"})
    assert unknown.status_code == 404
    for wrong in ({"use": "magic"}, {}, {"use": "csms-root", "has": "perhaps"}):
        answer = await shared_house.http.get(f"/trusted-certificates/{rest[0]['fingerprint']}/stations", params=wrong)
        assert answer.status_code == 422, answer.text
