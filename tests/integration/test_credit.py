"""Prepaid tokens: what a driver without credit is told, and that the session is on record all the same."""

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
