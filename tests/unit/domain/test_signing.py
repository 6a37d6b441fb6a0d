"""Which requests for certificates are granted, and what the record of a station makes of them."""

from typing import Any

import pytest

from csms.domain.command import Event
from csms.domain.signing import STATION, V2G, Asker, Denial, Terms
from csms.domain.station.events import NoticeKept
from csms.domain.station.security import ReportSecurityEvent
from csms.domain.station.signing import (
    AnswerCertificate,
    CertificateAnswered,
    CertificateDenied,
    CertificateDisputed,
    CertificateOrderDropped,
    CertificateOrdered,
    CertificateOrderRepeated,
    KnownOrder,
    RequestCertificate,
    Stage,
)
from csms.domain.station.signing_rules import MOST_DENIED, MOST_REPEATS, request_certificate
from csms.domain.station.state import Station
from csms.kit.x509 import Key, Request, Subject
from tests.unit.domain.stories import at
from tests.unit.domain.test_station_rules import tell

TERMS = Terms(frozenset({STATION}), ("Acme",), 3)
KEY = Key("EC", 256, "k1")
ITSELF = Asker("CP-1")


def wish(
    *known: KnownOrder,
    key: Key = KEY,
    names: tuple[str, ...] = ("CP-1",),
    organisations: tuple[str, ...] = ("ACME Ltd",),
    signed: bool = True,
    asker: Asker = ITSELF,
    terms: Terms = TERMS,
    kind: str | None = None,
    **more: Any,
) -> RequestCertificate:
    subject = Subject(common_names=names, organisations=organisations, text=f"CN={names}")
    given = {"request": Request(subject, key, signed), "request_id": None, **more}
    return RequestCertificate(
        order_id="new", csr="csr", kind=kind, at=at(1), asker=asker, terms=terms, known=known, text="the frame", **given
    )


def order(stage: Stage, key: str = "k1", name: str = "old", **more: Any) -> KnownOrder:
    given = {"kind": None, "reason": None, **more}
    return KnownOrder(name, key, stage=stage.value, **given)


def decided(command: RequestCertificate) -> tuple[Denial | None, list[Event]]:
    decision = request_certificate(Station(), command)
    return decision.outcome, list(decision.events)


@pytest.mark.covers("SEC-40", "SEC-41")
def test_a_good_request_becomes_an_order() -> None:
    denial, (event,) = decided(wish(kind=STATION, request_id=7))
    assert denial is None
    assert event == CertificateOrdered("new", "csr", STATION, 7, "EC", 256, "k1", "CN=('CP-1',)", at(1))


@pytest.mark.covers("SEC-41", "SEC-40", "SEC-23", "SEC-31", "SEC-32", "Q117")
@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (wish(terms=Terms()), Denial.NO_AUTHORITY),
        (wish(kind=V2G), Denial.NO_AUTHORITY),
        (wish(kind="Unheard"), Denial.NO_AUTHORITY),
        (wish(request=None), Denial.NOT_READABLE),
        (wish(signed=False), Denial.NOT_SIGNED),
        (wish(key=Key("RSA", 1024, "k")), Denial.WEAK_KEY),
        (wish(key=Key("EC", 192, "k")), Denial.WEAK_KEY),
        (wish(key=Key("Ed25519", 0, "k")), Denial.WEAK_KEY),
        (wish(names=("CP-2",)), Denial.WRONG_NAME),
        (wish(names=("CP-1", "CP-2")), Denial.WRONG_NAME),
        (wish(names=()), Denial.WRONG_NAME),
        (wish(asker=Asker("CP-1", others=("CP-2",))), Denial.ANOTHER_STATION),
        (wish(asker=Asker("CP-1", any_subject=True, others=("CP-2",))), Denial.ANOTHER_STATION),
        (wish(organisations=("Somebody",)), Denial.WRONG_ORGANISATION),
        (wish(organisations=()), Denial.WRONG_ORGANISATION),
    ],
    ids=lambda value: value.value if isinstance(value, Denial) else "",
)
def test_what_is_not_granted_is_written_down_with_its_reason(command: RequestCertificate, reason: Denial) -> None:
    denial, events = decided(command)
    assert denial is reason
    assert isinstance(events[0], CertificateDenied)
    assert events[0].reason == reason.value
    alarms = [event.review for event in events if isinstance(event, NoticeKept)]
    assert bool(alarms) is (reason in {Denial.WRONG_NAME, Denial.ANOTHER_STATION})


@pytest.mark.covers("SEC-37")
def test_where_the_subject_does_not_count_any_will_do() -> None:
    lenient = Asker("CP-1", any_subject=True)
    assert decided(wish(names=(), organisations=(), asker=lenient))[0] is None
    assert decided(wish(names=("OCTT",), asker=lenient))[0] is None
    assert decided(wish(names=("cp-1",), terms=Terms(frozenset({STATION}))))[0] is None


@pytest.mark.covers("SEC-45")
@pytest.mark.parametrize("stage", [Stage.ASKED, Stage.ISSUED, Stage.SENT, Stage.UNANSWERED])
def test_the_same_key_is_the_same_order_while_it_is_open(stage: Stage) -> None:
    full = [order(Stage.INSTALLED, f"k{n}") for n in range(2, 4)]
    denial, events = decided(wish(*full, order(stage), request_id=9))
    assert (denial, events) == (None, [CertificateOrderRepeated("old", 9, at(1))])


@pytest.mark.covers("SEC-45", "Q116")
def test_of_a_flood_of_repeats_only_the_first_are_written_down_and_what_matters() -> None:
    tired = {"repeats": MOST_REPEATS, "request_id": 4}
    assert decided(wish(order(Stage.ASKED, **tired), request_id=4)) == (None, [])
    assert decided(wish(order(Stage.ASKED, **tired))) == (None, [])
    assert len(decided(wish(order(Stage.ASKED, **tired), request_id=5))[1]) == 1
    assert len(decided(wish(order(Stage.UNANSWERED, **tired)))[1]) == 1


@pytest.mark.covers("SEC-45", "SEC-44", "Q117")
@pytest.mark.parametrize("stage", [Stage.INSTALLED, Stage.REFUSED, Stage.FAILED, Stage.SUPERSEDED])
def test_once_it_is_over_it_is_another_order_and_counts_again(stage: Stage) -> None:
    denial, events = decided(wish(order(stage)))
    assert denial is None
    assert [type(event) for event in events] == [CertificateOrdered]
    assert decided(wish(*[order(stage)] * 3))[0] is Denial.TOO_MANY


@pytest.mark.covers("SEC-45")
def test_another_key_takes_the_place_of_what_is_not_on_its_way_yet() -> None:
    terms = Terms(TERMS.kinds, (), 9)
    known = order(Stage.ASKED, "a", "one"), order(Stage.SENT, "b", "two"), order(Stage.UNANSWERED, "c", "three")
    _, events = decided(wish(*known, order(Stage.ASKED, "d", "four", kind=V2G), terms=terms))
    assert events[:-1] == [CertificateOrderDropped("one", at(1)), CertificateOrderDropped("three", at(1))]
    assert isinstance(events[-1], CertificateOrdered)


@pytest.mark.covers("Q117", "Q116")
def test_the_same_denial_is_written_down_once_and_of_many_only_the_first_of_a_day() -> None:
    denied = order(Stage.DENIED, reason="wrong-name")
    denial, events = decided(wish(denied, names=("X",)))
    assert (denial, events) == (Denial.WRONG_NAME, [])
    many = [order(Stage.DENIED, f"k{n}", reason="not-signed") for n in range(MOST_DENIED)]
    denial, events = decided(wish(*many, names=("X",)))
    assert (denial, events) == (Denial.WRONG_NAME, [])
    assert decided(wish(*many))[0] is None, "denials do not count as issued"


@pytest.mark.covers("16-SEC-04", "SEC-44")
def test_the_answer_and_the_dispute_are_facts() -> None:
    _, events = tell(Station(), AnswerCertificate("call", "Rejected", accepted=False, at=at(2)))
    assert events == [CertificateAnswered("call", "Rejected", accepted=False, at=at(2))]
    for kind in ("InvalidChargePointCertificate", "invalidchargingstationcertificate "):
        _, events = tell(Station(), ReportSecurityEvent(kind, at(1), at(2), "why", "the frame"))
        assert events[1:] == [CertificateDisputed("why", at(2))]
