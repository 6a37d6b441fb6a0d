"""What stations answer when they are asked for their certificates, and what is made of it."""

from typing import Any

import pytest

from tests.integration.conftest import House
from tests.integration.trusting import LIST, ROOT, Trusting, trusting
from tests.integration.wire import RawStation

CALLED = {"hashAlgorithm": "SHA256", "issuerNameHash": "AA", "issuerKeyHash": "BB", "serialNumber": "0E"}
CHAIN = {"certificateType": "CSMSRootCertificate", "certificateHashData": CALLED}


@pytest.mark.covers("16-SEC-05")
@pytest.mark.parametrize("uses", [[], ["csms-root", "manufacturer-root"]], ids=str)
async def test_a_station_of_1_6_is_asked_about_one_use_after_the_other(shared_house: House, uses: list[str]) -> None:
    station, at = await trusting(shared_house, "1.6")
    await at.install("manufacturer-root")
    answer = await at.say(LIST, uses=uses)
    assert [asked["certificate_type"] for action, asked in station.commands if action.startswith("GetI")] == [
        "CentralSystemRootCertificate",
        "ManufacturerRootCertificate",
    ]
    assert (len(answer["calls"]), answer["verdict"]) == (2, "Accepted")
    assert (answer["answer"]["status"], len(answer["answer"]["certificateHashData"])) == ("Accepted", 1)
    told = await at.all()
    assert set(told["listed_at"]) == {"csms-root", "manufacturer-root"}
    assert [one["use"] for one in told["certificates"]] == ["manufacturer-root"]


RUBBISH: list[Any] = [
    [],
    {},
    {"status": 7},
    {"status": "Accepted"},
    {"status": "Accepted", "certificateHashData": "x", "certificateHashDataChain": "x"},
    {"status": "Accepted", "certificateHashData": [{}], "certificateHashDataChain": [{}]},
    {"status": "Dunno", "certificateHashData": [CALLED], "certificateHashDataChain": [CHAIN]},
]


@pytest.mark.covers("SEC-53", "Q37")
@pytest.mark.parametrize("version", ["1.6", "2.1"])
async def test_answers_that_make_no_sense_cost_nothing_and_odd_ones_are_kept(shared_house: House, version: str) -> None:
    name = f"ODDLY-{version}"
    await shared_house.register(name)
    at = Trusting(shared_house, name)
    odd = {**CALLED, "hashAlgorithm": " sha256", "issuerNameHash": "A\0" * 300, "serialNumber": 12, "more": [1]}
    async with RawStation(shared_house, name, version) as station:
        await station.boot()
        for answer in RUBBISH:
            asking = station.order(f"/stations/{name}/commands/{LIST}", {"uses": ["csms-root"]})
            await station.answer(await station.take(), answer)
            assert (await asking).status_code == 200, answer
            assert await at.known() == []
        chain = {"certificateType": "MagicCertificate", "certificateHashData": odd}
        told = {"certificateHashData": [odd, CALLED], "certificateHashDataChain": [chain, CHAIN]}
        asking = station.order(f"/stations/{name}/commands/{LIST}", {"uses": ["csms-root"]})
        await station.answer(await station.take(), {"status": "accepted", **told})
        assert (await asking).json()["verdict"] == "Accepted"
        assert await station.unasked()
    known = await at.known()
    assert [one["hash_algorithm"] for one in known] == ["SHA256", "SHA256"]
    assert {one["serial_number"] for one in known} == {"12", "0E"}
    uses = {"csms-root"} if version == "1.6" else {"csms-root", "MagicCertificate"}
    assert {one["use"] for one in known} == uses


@pytest.mark.covers("TC_M_15", "TC_M_17", "TC_M_18")
async def test_chains_come_with_what_is_below_and_all_uses_at_once(shared_house: House) -> None:
    await shared_house.register("CHAINED")
    at = Trusting(shared_house, "CHAINED")
    called = {"hashAlgorithm": "SHA256", "issuerNameHash": "AA", "issuerKeyHash": "BB"}
    root, leaf, sub = (called | {"serialNumber": str(n)} for n in range(3))
    chain = {"certificateType": "V2GCertificateChain", "certificateHashData": leaf, "childCertificateHashData": [sub]}
    both = [{"certificateType": "MORootCertificate", "certificateHashData": root}, chain]
    async with RawStation(shared_house, "CHAINED", "2.1") as station:
        await station.boot()
        for body, asked, told, left in (
            ({}, {}, both, ["mo-root", "v2g-chain"]),
            ({"uses": ["mo-root"]}, {"certificateType": ["MORootCertificate"]}, both[:1], ["mo-root", "v2g-chain"]),
            ({"uses": ["oem-root"]}, {"certificateType": ["OEMRootCertificate"]}, [], ["mo-root", "v2g-chain"]),
            ({"uses": ["mo-root"]}, {"certificateType": ["MORootCertificate"]}, [], ["v2g-chain"]),
            ({}, {}, [], []),
        ):
            asking = station.order(f"/stations/CHAINED/commands/{LIST}", body)
            command = await station.take()
            assert command[3] == asked
            more = {"certificateHashDataChain": told} if told else {}
            await station.answer(command, {"status": "Accepted" if told else "NotFound", **more})
            assert (await asking).json()["verdict"] == "Accepted"
            known = await at.known()
            assert [one["use"] for one in known] == left
            if "v2g-chain" in left:
                assert [child["serial_number"] for child in known[-1]["children"]] == ["2"]
    assert set((await at.all())["listed_at"]) == {"all", "mo-root", "oem-root"}


@pytest.mark.covers("SEC-50", "16-SEC-06")
@pytest.mark.parametrize(
    ("version", "use"), [("1.6", "CentralSystemRootCertificate"), ("2.0.1", "CSMSRootCertificate")]
)
async def test_what_came_by_the_raw_door_is_known_too(shared_house: House, version: str, use: str) -> None:
    station, at = await trusting(shared_house, version, "upper")

    async def raw(action: str, payload: dict[str, Any]) -> None:
        answer = await shared_house.http.post(f"/stations/{at.name}/ocpp/{action}", json=payload)
        assert answer.json()["answer"]["status"] == "Accepted", answer.text

    await raw("InstallCertificate", {"certificateType": use, "certificate": ROOT.pem})
    (known,) = await at.known()
    assert (known["use"], known["subject"], known["told_at"]) == ("csms-root", "O=Test,CN=Root One", None)
    ((_, letters),) = station.trust.listed([])
    words = ("hashAlgorithm", "issuerNameHash", "issuerKeyHash", "serialNumber")
    await raw("DeleteCertificate", {"certificateHashData": dict(zip(words, letters.values(), strict=True))})
    assert await at.known() == []
