"""Which requests of stations for certificates are granted."""

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct

from csms.domain.certificates import weakness_of
from csms.domain.proof import is_of
from csms.kit.x509 import Request

STATION, V2G, V2G20 = "station", "v2g", "v2g20"
"""What a certificate is for: the connection to us, or the two kinds of charging by ISO 15118."""


class Denial(StrEnum):
    """Why a request is not granted."""

    NO_AUTHORITY = "no-authority"
    NOT_READABLE = "not-readable"
    NOT_SIGNED = "not-signed"
    WEAK_KEY = "weak-key"
    ANOTHER_STATION = "another-station"
    WRONG_NAME = "wrong-name"
    WRONG_ORGANISATION = "wrong-organisation"
    TOO_MANY = "too-many"


ALARMING = frozenset({Denial.ANOTHER_STATION, Denial.WRONG_NAME})
"""What a person should look at: who asks so may want to come in as another (Q117)."""


class Terms(Struct, frozen=True):
    """On what terms this house has certificates signed: for what kinds, of whose organisations, how many a day."""

    kinds: frozenset[str] = frozenset()
    organisations: tuple[str, ...] = ()
    per_day: int = 5


class Asker(Struct, frozen=True):
    """Who asks: the id of the station, whether its subject counts (SEC-37), and what other stations its request names."""

    station: str
    any_subject: bool = False
    others: tuple[str, ...] = ()


def denial_of(request: Request | None, asker: Asker, kind: str | None, terms: Terms) -> tuple[Denial, str] | None:
    """Return why a request is not granted, whatever was asked before, and a sentence; None if it is good (SEC-41).

    A request that cannot be read is None.
    """
    if (kind or STATION) not in terms.kinds:
        return Denial.NO_AUTHORITY, f"nobody signs certificates of the kind {kind or STATION} here"
    if request is None:
        return Denial.NOT_READABLE, "it is no request in PEM form"
    if not request.is_signed:
        return Denial.NOT_SIGNED, "it is not signed by its own key"
    if (weak := weakness_of(request.key)) is not None:
        return Denial.WEAK_KEY, weak
    return _denial_of_subject(request, asker, terms.organisations)


def _denial_of_subject(request: Request, asker: Asker, organisations: Iterable[str]) -> tuple[Denial, str] | None:
    """Only its id names a station: a serial number is what it says of itself, and may be another's."""
    subject = request.subject
    if asker.others:
        return Denial.ANOTHER_STATION, f"it names {', '.join(asker.others)}"
    if asker.any_subject:
        return None
    names = {name.casefold() for name in subject.common_names}
    if names != {asker.station.casefold()}:
        return Denial.WRONG_NAME, f"its common name is {', '.join(subject.common_names) or 'missing'}"
    if not is_of(subject, organisations):
        return Denial.WRONG_ORGANISATION, f"its organisation is {', '.join(subject.organisations) or 'missing'}"
    return None
