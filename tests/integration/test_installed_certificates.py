"""Certificates on stations of every version: what is known of them, and in which letters stations hear of them again."""

from typing import Any

import pytest
from cryptography import x509

from tests.integration.conftest import House
from tests.integration.trusting import DELETE, INSTALL, LIST, OTHER, ROOT, carried, trusting
from tests.papers import EXPIRED, Authority, name, new_key

VERSIONS = ("1.6", "2.0.1")
NEXT = Authority(called="Root Next", above=ROOT)


@pytest.mark.covers("SEC-50", "SEC-53", "TC_M_01", "TC_M_12", "TC_M_18", "TC_M_20")
@pytest.mark.parametrize("version", VERSIONS)
async def test_a_certificate_is_known_from_its_installation_to_its_end(shared_house: House, version: str) -> None:
    station, at = await trusting(shared_house, version, "upper", "zeros")
    assert (await at.all())["listed_at"] == {}
    await at.install()
    await at.install("manufacturer-root", OTHER.pem)
    await at.install()
    first, second = await at.known()
    assert [(one["use"], one["subject"]) for one in (first, second)] == [
        ("csms-root", "O=Test,CN=Root One"),
        ("manufacturer-root", "O=Test,CN=Root Two"),
    ]
    assert first["serial_number"] == f"{ROOT.paper.certificate.serial_number:x}"
    assert first["told_at"] is None
    for habit in ("sha256", "sha384", "sha512"):
        station.trust.habits = {habit, "upper", "zeros"}
        await at.say(LIST, uses=["csms-root"])
        ((_, letters),) = station.trust.listed([next(use for use, _ in station.trust.listed([]))])
        told, rest = await at.known()
        assert {name: told[name] for name in letters} == letters
        assert (told["subject"], told["installed_at"]) == (first["subject"], first["installed_at"])
        assert rest == second, "it was not asked for"
    assert set((await at.all())["listed_at"]) == {"csms-root"}
    assert (await at.say(DELETE, id=first["id"]))["verdict"] == "Accepted"
    assert station.commands[-1][1]["certificate_hash_data"] == letters
    assert await at.known() == [second]
    assert (await at.say(DELETE, id=second["id"]))["warnings"][0]["path"] == "/hash_data"
    assert len(station.trust) == 1, "it was called in letters that the station does not know"
    assert await at.known() == [second]


@pytest.mark.covers("SEC-50", "16-SEC-06", "TC_M_21")
@pytest.mark.parametrize("version", VERSIONS)
async def test_a_certificate_is_meant_in_any_letters_and_called_in_those_of_the_station(
    shared_house: House, version: str
) -> None:
    station, at = await trusting(shared_house, version, "upper", "zeros", "in-use")
    answer = await at.install(read_back=True)
    assert (answer["action"], len(answer["calls"]), answer["verdict"]) == ("GetInstalledCertificateIds", 2, "Accepted")
    ((_, letters),) = station.trust.listed([])
    meant = {name: value if name == "hash_algorithm" else value.lower() for name, value in letters.items()}
    meant["serial_number"] = meant["serial_number"].lstrip("0")
    answer = await at.say(DELETE, hash_data=meant)
    assert (answer["answer"], answer["verdict"], answer["warnings"]) == ({"status": "Failed"}, "Refused", [])
    assert station.commands[-1][1] == {"certificate_hash_data": letters}
    assert [one["serial_number"] for one in await at.known()] == [letters["serial_number"]]
    station.trust.habits -= {"in-use"}
    assert (await at.say(DELETE, hash_data=meant))["verdict"] == "Accepted"
    assert (await at.say(DELETE, hash_data=meant))["answer"] == {"status": "NotFound"}
    assert await at.known() == []


@pytest.mark.covers("16-SEC-05", "TC_M_05", "TC_M_19")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("habit", "status"), [("reject", "Rejected"), ("fail", "Failed"), ("full", "Rejected")])
async def test_what_a_station_does_not_take_it_does_not_have(
    shared_house: House, version: str, habit: str, status: str
) -> None:
    _, at = await trusting(shared_house, version, habit)
    answer = await at.install()
    assert (answer["answer"], answer["verdict"]) == ({"status": status}, "Refused")
    answer = await at.say(LIST, uses=["csms-root"])
    assert (answer["answer"], answer["verdict"]) == ({"status": "NotFound"}, "Accepted")
    told = await at.all()
    assert (told["certificates"], set(told["listed_at"])) == ([], {"csms-root"})


@pytest.mark.covers("16-SEC-05", "SEC-48")
async def test_what_cannot_be_right_is_refused_before_anything_is_sent(shared_house: House) -> None:
    station, at = await trusting(shared_house, "1.6")
    old = ROOT.issue(name(cn="Old"), new_key("EC"), ca=True, **EXPIRED).pem
    for pem in ("what?", ROOT.pem[:99], ROOT.pem + OTHER.pem, ROOT.server().pem, old, ROOT.pem + ROOT.paper.key_pem):
        assert await at.refused(INSTALL, use="csms-root", certificate=pem) == "/certificate"
    assert await at.refused(INSTALL, use="mo-root", certificate=ROOT.pem) == "/use"
    assert await at.refused(INSTALL, use="v2g-chain", certificate=ROOT.pem) == "/use"
    assert await at.refused(LIST, uses=["mo-root"]) == "/uses"
    assert await at.refused(LIST, uses=["csms-root", "mo-root"]) == "/uses"
    assert await at.refused(LIST, uses=["csms-root", "csms-root"]) == "/uses/1"
    assert await at.refused(DELETE) == "/hash_data"
    assert await at.refused(DELETE, id="nobody's") == "/id"
    assert station.commands == []
    assert (await shared_house.http.get("/stations/NOBODY/certificates")).status_code == 404


@pytest.mark.covers("16-SEC-05")
@pytest.mark.parametrize("version", VERSIONS)
async def test_a_certificate_that_its_version_has_no_room_for_is_refused(shared_house: House, version: str) -> None:
    station, at = await trusting(shared_house, version)
    names = [x509.DNSName(f"{'x' * 60}.{n}.example") for n in range(60)]
    pem = ROOT.issue(name(cn="Long"), new_key("EC"), ca=True, names=names).pem
    assert 5500 < len(pem) < 10_000
    assert await at.refused(INSTALL, use="csms-root", certificate=pem) == "/certificate"
    assert station.commands == []


@pytest.mark.covers("SEC-51")
@pytest.mark.parametrize("version", VERSIONS)
async def test_a_new_root_that_no_old_one_signed_is_warned_of_where_the_station_checks_that(
    shared_house: House, version: str
) -> None:
    station, at = await trusting(shared_house, version)
    name = "AdditionalRootCertificateCheck" if version == "1.6" else "SecurityCtrlr.AdditionalRootCertificateCheck"
    station.configuration.set(name, "true")
    component, _, variable = name.rpartition(".")

    async def warned(pem: str, use: str = "csms-root") -> bool:
        told = await at.install(use, pem)
        return any("signed by no root" in one["message"] for one in told["warnings"])

    assert not await warned(ROOT.pem), "nobody knows that it checks"
    await at.say("get-variables", variables=[{"component": component, "variable": variable}])
    assert await warned(OTHER.pem)
    assert station.commands[-1][1]["certificate"] == OTHER.pem, "it is a warning"
    assert len(station.trust) == 1
    (result,) = await carried(shared_house, [at.name], INSTALL, use="csms-root", certificate=OTHER.pem)
    assert (result["outcome"], "signed by no root" in result["detail"]) == ("Refused", True)
    assert not await warned(ROOT.pem), "it has it"
    assert not await warned(NEXT.pem), "signed by one that it has"
    assert not await warned(Authority().pem, "manufacturer-root")
    await at.say(LIST, uses=["csms-root"])
    known = {one["subject"]: one for one in await at.known()}
    assert known["O=Test,CN=Root Next"]["told_at"] is not None, "known by the name of its issuer"
    await at.say(DELETE, id=known["O=Test,CN=Root Next"]["id"])
    await at.say(DELETE, id=known["O=Test,CN=Root One"]["id"])
    assert await warned(NEXT.pem), "nobody is left who vouches for it"
    station.configuration.set(name, "false")
    await at.say("get-variables", variables=[{"component": component, "variable": variable}])
    assert not await warned(Authority().pem)


@pytest.mark.covers("16-SEC-05")
async def test_a_store_that_is_full_by_what_it_told_is_warned_of(shared_house: House) -> None:
    station, at = await trusting(shared_house, "1.6")
    station.configuration.set("CertificateStoreMaxLength", "1")
    await at.say("get-variables", variables=[{"variable": "CertificateStoreMaxLength"}])
    for pem, full in ((ROOT.pem, False), (OTHER.pem, True)):
        told = await at.install(pem=pem)
        assert any("no room" in one["message"] for one in told["warnings"]) is full


@pytest.mark.covers("16-SEC-05", "16-SEC-06", "SEC-50")
async def test_many_stations_are_given_a_root_and_forget_it_each_by_its_own_letters(shared_house: House) -> None:
    both = [await trusting(shared_house, "1.6", "upper"), await trusting(shared_house, "2.0.1", "sha512")]
    ids = [at.name for _, at in both]

    async def all_accept(command: str, **body: Any) -> None:
        results = await carried(shared_house, ids, command, **body)
        assert {result["outcome"] for result in results} == {"Accepted"}

    await all_accept(INSTALL, use="manufacturer-root", certificate=ROOT.pem)
    await all_accept(LIST, uses=["manufacturer-root"])
    known = [one for _, at in both for one in await at.known()]
    assert [one["hash_algorithm"] for one in known] == ["SHA256", "SHA512"]
    assert {one["fingerprint"] for one in known} == {known[0]["fingerprint"]}
    wish = {"command": INSTALL, "selection": {"ids": ids}, "body": {"use": "csms-root", "certificate": "what?"}}
    answer = await shared_house.http.post("/operations", json=wish)
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "/body/certificate")
    wish["body"] = {"use": "csms-root", "certificate": ROOT.pem, "read_back": True}
    answer = await shared_house.http.post("/operations", json=wish)
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "/body/read_back")
    await all_accept(DELETE, id=known[0]["id"])
    assert [len(station.trust) for station, _ in both] == [0, 0]


@pytest.mark.covers("SEC-50")
async def test_a_station_that_is_removed_leaves_no_certificates_behind(shared_house: House) -> None:
    station, at = await trusting(shared_house, "1.6")
    await at.install(read_back=True)
    assert await at.known()
    await station.stop()
    tag = (await shared_house.http.get(f"/stations/{at.name}")).headers["ETag"]
    removed = await shared_house.http.delete(f"/stations/{at.name}", headers={"If-Match": tag})
    assert removed.status_code == 204, removed.text
    await shared_house.register(at.name)
    told = await at.all()
    assert (told["certificates"], told["listed_at"]) == ([], {})
