"""Who a station has proven to be, and by which security profile it may come in."""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from csms.kit.x509 import Certificate, Subject

BASIC, TLS_BASIC, TLS_CERTIFICATE = 1, 2, 3
"""The security profiles of the specification; 0 stands outside of it: nothing is asked for."""


class Proof(Struct, frozen=True):
    """What a station showed when it came in: the security profile, and the certificate of profile 3."""

    profile: int
    certificate: Certificate | None = None


def profiles_by(required: int, offered: int | None, served: Iterable[int]) -> list[int]:
    """Return the profiles by which a station may come in at a door that serves some, the highest first (SEC-02).

    That is the one it is registered with; while a raise is under way also the higher one that it was
    offered, for it may fall back (SEC-05). A station without a profile may come in at any door.
    """
    wanted = {required} if offered is None else {required, offered}
    return sorted(wanted & {*served, 0}, reverse=True)


def names_of(subject: Subject) -> Iterator[str]:
    """Yield every text by which a certificate may mean a station: common name, serial number, alternative names.

    Of a DNS name also its first label, of a URI also what follows its last slash or colon.
    """
    yield from subject.common_names
    yield from subject.serial_numbers
    for name in subject.names:
        yield name
        yield name.replace(":", "/").rpartition("/")[2] if ":" in name else name.partition(".")[0]


def is_named(subject: Subject, names: Iterable[str | None]) -> bool:
    """Whether a certificate means a station of one of these names, letter case aside; None is no name (SEC-32).

    Only whole names count: a station must not come in by the certificate of one whose name begins with its own.
    """
    wanted = {name.casefold() for name in names if name}
    return any(name.casefold() in wanted for name in names_of(subject))


def is_of(subject: Subject, organisations: Iterable[str]) -> bool:
    """Whether a certificate is of one of these organisations; of any, if none is given (SEC-31)."""
    wanted = [name.casefold() for name in organisations]
    return not wanted or any(name in told.casefold() for told in subject.organisations for name in wanted)
