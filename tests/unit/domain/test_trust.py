"""What may be sent to stations as a root, how it is known again, and who vouches for a new one."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from csms.domain.certificates import doubts_about_root
from csms.domain.command import Event
from csms.domain.remote import DeleteCertificate, GetInstalledCertificates, InstallCertificate
from csms.domain.station.certificates import (
    CertificateDeleted,
    CertificateInstalled,
    CertificatesTold,
    RecordCertificates,
    RecordDeletion,
    RecordInstallation,
    ToldCertificate,
)
from csms.domain.station.decide import DECIDERS
from csms.domain.station.state import Station
from csms.domain.trust import is_vouched_for, name_of, reckoned, root_of, rough_name_of
from csms.kit.clock import SystemClock
from csms.kit.x509 import DIGESTS, HashData, hash_data, read_certificates
from tests.papers import EXPIRED, NOT_YET, Authority, name, new_key, rsa_key
from tests.unit.domain.stories import at

ROOT = Authority()
BELOW = Authority(called="Below", above=ROOT)
STATION = ROOT.station("CP-1")
CALLED = HashData("SHA256", "ab", "cd", "0e")


def faults(pem: str) -> list[str]:
    found = list(InstallCertificate("csms-root", pem).faults())
    assert {fault.path for fault in found} <= {"/certificate"}
    return [fault.why for fault in found]


@pytest.mark.covers("16-SEC-05", "SEC-48")
@pytest.mark.parametrize("pem", [ROOT.pem, ROOT.pem.replace("\n", "\r\n"), "subject=/CN=x\n" + ROOT.pem, BELOW.pem])
def test_one_authority_is_sent_alone_and_in_lines_of_unix(pem: str) -> None:
    assert faults(pem) == []
    sent = InstallCertificate("csms-root", pem).pem
    assert sent in {ROOT.pem, BELOW.pem}
    assert InstallCertificate("csms-root", pem.rstrip()).pem == sent.rstrip("\n")


@pytest.mark.covers("16-SEC-05")
@pytest.mark.parametrize(
    ("pem", "why"),
    [
        ("not PEM", "no certificate"),
        (ROOT.pem[:200] + "-----END CERTIFICATE-----", "cannot be read"),
        (ROOT.pem + BELOW.pem, "are 2"),
        (STATION.pem, "no authority"),
        (ROOT.issue(name(cn="Weak"), rsa_key(1024), ca=True).pem, "1024 bits"),
        (ROOT.pem + ROOT.paper.key_pem, "private key"),
    ],
)
def test_what_no_station_could_trust_by_is_refused(pem: str, why: str) -> None:
    (told,) = faults(pem)
    assert why in told


@pytest.mark.parametrize(
    ("paper", "doubts"),
    [
        (ROOT.paper, ["ends on"]),
        (ROOT.issue(name(cn="Sub"), new_key("EC"), ca=True), ["ends on", "no root"]),
        (ROOT.issue(name(cn="Sub"), new_key("EC"), ca=True, **NOT_YET), ["not valid before", "no root"]),
    ],
)
def test_doubts_are_told(paper: object, doubts: list[str]) -> None:
    (facts,) = read_certificates(paper.pem)  # type: ignore[attr-defined]
    told = list(doubts_about_root(facts, SystemClock().now()))
    assert [one for one, part in zip(told, doubts, strict=True) if part not in one] == []
    assert "is signed by means of sha1" in list(doubts_about_root(replace(facts, digest="sha1"), facts.not_before))


def test_what_else_makes_no_sense_is_refused() -> None:
    assert [fault.path for fault in GetInstalledCertificates(("mo-root", "mo-root")).faults()] == ["/uses/1"]
    assert [fault.path for fault in DeleteCertificate().faults()] == ["/hash_data"]
    assert InstallCertificate("mo-root", ROOT.pem, read_back=True).then() == GetInstalledCertificates(("mo-root",))
    assert InstallCertificate("mo-root", ROOT.pem).then() is None


@pytest.mark.covers("SEC-53", "SEC-50")
def test_a_root_is_known_by_every_algorithm_and_one_of_another_issuer_without_its_key() -> None:
    certificate, below = ROOT.paper.certificate, BELOW.paper.certificate
    root = root_of(ROOT.pem)
    by_all = [hash_data(certificate, certificate, algorithm) for algorithm in DIGESTS]
    assert root.names == tuple(map(name_of, by_all))
    assert root.hash_data == by_all[0]
    assert [reckoned(ROOT.pem, algorithm) for algorithm in DIGESTS] == by_all
    told = hash_data(below, certificate, "SHA384")
    assert root_of(BELOW.pem).hash_data is None
    assert rough_name_of(told) in root_of(BELOW.pem).names
    assert reckoned(BELOW.pem, "SHA384") is None
    assert name_of(replace(told, serial_number="00" + told.serial_number.upper())) == name_of(told)


@pytest.mark.covers("SEC-51")
def test_a_root_is_vouched_for_by_one_that_signed_it_and_by_itself() -> None:
    new, old, namesake = BELOW.paper.certificate, ROOT.paper.certificate, Authority().paper.certificate
    assert is_vouched_for(new, [old], [])
    assert is_vouched_for(old, [old], [])
    assert not is_vouched_for(namesake, [old], []), "it signed itself, by another key"
    assert not is_vouched_for(new, [namesake], [])
    assert not is_vouched_for(new, [], [])
    told = [hash_data(old, old, "SHA512")]
    assert is_vouched_for(new, [], told), "by the name of its issuer"
    assert is_vouched_for(old, [], told)
    assert not is_vouched_for(namesake, [], told)


def decided(command: object) -> tuple[Event, ...]:
    rule: Callable[..., object] = DECIDERS[type(command)]  # type: ignore[index]
    return tuple(rule(Station(), command).events)  # type: ignore[attr-defined]


@pytest.mark.covers("16-SEC-05", "SEC-50")
def test_what_a_station_tells_of_is_what_it_has() -> None:
    told = ToldCertificate("csms-root", CALLED)
    again = ToldCertificate("csms-root", replace(CALLED, issuer_name_hash="AB", serial_number="E"))
    other = ToldCertificate("manufacturer-root", CALLED)
    (event,) = decided(RecordCertificates(("csms-root",), (told, other, again), "Accepted", at(1)))
    assert event == CertificatesTold(("csms-root",), (again, other), at(1))
    none = CertificatesTold((), (), at(1))
    assert decided(RecordCertificates((), (told,), "NotFound", at(1))) == (none,)
    assert decided(RecordCertificates((), (), "accepted", at(1))) == (none,)
    assert decided(RecordCertificates((), (told,), "NotSupported", at(1))) == ()


@pytest.mark.covers("16-SEC-05", "16-SEC-06")
@pytest.mark.parametrize("status", ["Rejected", "Failed", "NotSupported"])
def test_what_a_station_does_not_do_changes_nothing(status: str) -> None:
    assert decided(RecordInstallation("csms-root", ROOT.pem, status, at(1))) == ()
    assert decided(RecordDeletion(CALLED, status, at(1))) == ()


@pytest.mark.covers("16-SEC-05", "16-SEC-06")
def test_what_a_station_takes_or_forgets_is_noted() -> None:
    installed = CertificateInstalled("csms-root", root_of(ROOT.pem), at(1))
    assert decided(RecordInstallation("csms-root", ROOT.pem, "Accepted", at(1))) == (installed,)
    assert decided(RecordInstallation("csms-root", "rubbish", "Accepted", at(1))) == ()
    assert decided(RecordDeletion(CALLED, "Accepted", at(1))) == (CertificateDeleted(CALLED, at(1)),)
    assert decided(RecordDeletion(CALLED, "NotFound", at(1))) == (CertificateDeleted(CALLED, at(1), missing=True),)


def test_the_expired_are_no_matter_of_the_rules_but_of_the_time() -> None:
    assert faults(ROOT.issue(name(cn="Old"), new_key("EC"), ca=True, **EXPIRED).pem) == []
