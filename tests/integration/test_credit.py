"""Prepaid tokens and groups: what a driver is told in each version, and that the session is on record all the same."""

import pytest

from tests.integration.conftest import House
from tests.integration.wire import RawStation, event, start

WORDS = {"1.6": "Blocked", "2.0.1": "NoCredit", "2.1": "NoCredit"}


@pytest.mark.covers("TX-12", "TX-02", "16-CORE-01")
@pytest.mark.parametrize("version", WORDS)
async def test_a_token_without_credit_is_refused_in_the_words_of_the_version(house: House, version: str) -> None:
    token = await house.token("TAG-1", status="no-credit")
    assert token["status"] == "no-credit"
    assert (await house.http.get(f"/tokens/{token['id']}")).json()["status"] == "no-credit"
    await house.register("CP-1")
    async with RawStation(house, "CP-1", version) as station:
        await station.boot()
        if version == "1.6":
            asked = (await station.ask("Authorize", {"idTag": "TAG-1"}))["idTagInfo"]
            begun = (await station.ask("StartTransaction", start(0)))["idTagInfo"]
        else:
            presented = {"idToken": {"idToken": "TAG-1", "type": "ISO14443"}}
            asked = (await station.ask("Authorize", presented))["idTokenInfo"]
            begun = (await station.ask("TransactionEvent", event("Started", 0, 1000)))["idTokenInfo"]
        assert (asked["status"], begun["status"]) == (WORDS[version], WORDS[version])
        topped_up = await house.http.patch(f"/tokens/{token['id']}", json={"status": "accepted"})
        assert topped_up.json()["status"] == "accepted"
    (session,) = await house.sessions()
    assert session["token"] == "TAG-1"


@pytest.mark.covers("16-GEN-07", "16-RES-06", "TX-08")
@pytest.mark.parametrize(("group", "told"), [("F" * 20, "F" * 20), ("F" * 21, None)])
async def test_a_group_with_a_name_too_long_for_16_is_not_told_to_it(
    house: House, group: str, told: str | None
) -> None:
    await house.token("TAG-1", group=group)
    await house.register("CP-1")
    async with RawStation(house, "CP-1", "1.6") as station:
        await station.boot()
        for info in (
            (await station.ask("Authorize", {"idTag": "TAG-1"}))["idTagInfo"],
            (await station.ask("StartTransaction", start(0)))["idTagInfo"],
        ):
            assert (info["status"], info.get("parentIdTag")) == ("Accepted", told)
