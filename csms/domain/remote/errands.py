"""What an operator sends a station for: a new firmware, or a file of its own."""

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta
from msgspec.structs import replace

from csms.domain.fault import Fault
from csms.domain.remote.words import LARGEST, Moment, RemoteCommand, RequestId, Text

Address = Annotated[str, Meta(min_length=1, max_length=2000, pattern=r"^[A-Za-z][A-Za-z0-9+.-]*://[^\s]+$")]
Transport = Literal["https", "http", "ftp", "ftp-anonymous"]
Count = Annotated[int, Meta(ge=0, le=LARGEST)]
Signature = Annotated[str, Meta(min_length=1, max_length=800)]
Certificate = Annotated[str, Meta(min_length=1, max_length=5500)]
ONE_PLACE = "is not needed where a location is named"


class UpdateFirmware(RemoteCommand, frozen=True):
    """Fetch a firmware at `retrieve_at` (at once if it is left out), and install it.

    Either from `location`, or by its id an `image` that is kept here; `transport` is how that comes to the station,
    which is ours to choose if it is left out. With a signature and the certificate of who signed it, it is a signed
    update; an image that has them is sent for with them, unless `unsigned`. `unsigned_if_unknown`: a station that
    knows no signed updates is asked again for an unsigned one. Retries are the station's own, `retry_interval_s` apart.
    """

    location: Address | None = None
    image: Text | None = None
    transport: Transport | None = None
    retrieve_at: Moment | None = None
    install_at: Moment | None = None
    retries: Count | None = None
    retry_interval_s: Count | None = None
    signature: Signature | None = None
    signing_certificate: Certificate | None = None
    unsigned: bool = False
    unsigned_if_unknown: bool = False
    request_id: RequestId | None = None

    def faults(self) -> Iterator[Fault]:
        if self.location is None and self.image is None:
            yield Fault("/location", "or an image is needed")
        yield from _superfluous(self, "image", "transport")
        if self.unsigned and self.signature is not None:
            yield Fault("/signature", "makes no sense in an unsigned update")

    def weaker(self) -> "UpdateFirmware | None":
        if not self.unsigned_if_unknown or self.unsigned:
            return None
        plain = {"signature": None, "signing_certificate": None, "install_at": None, "request_id": None}
        return replace(self, **plain, unsigned=True)


class GetDiagnostics(RemoteCommand, frozen=True):
    """Bring the diagnostics, in the older way where there are two: to `location`, or to a place of ours."""

    location: Address | None = None
    transport: Transport | None = None
    since: Moment | None = None
    until: Moment | None = None
    retries: Count | None = None
    retry_interval_s: Count | None = None

    def faults(self) -> Iterator[Fault]:
        return _superfluous(self, "transport")


class GetLog(RemoteCommand, frozen=True):
    """Bring a log, the one of its diagnostics or the one of its security events: to `location`, or to a place of ours.

    `diagnostics_if_unknown`: a station that knows no logs is asked again for its diagnostics.
    """

    location: Address | None = None
    transport: Transport | None = None
    kind: Literal["diagnostics", "security"] = "diagnostics"
    since: Moment | None = None
    until: Moment | None = None
    retries: Count | None = None
    retry_interval_s: Count | None = None
    diagnostics_if_unknown: bool = False
    request_id: RequestId | None = None

    def faults(self) -> Iterator[Fault]:
        yield from _superfluous(self, "transport")
        if self.diagnostics_if_unknown and self.kind == "security":
            yield Fault("/diagnostics_if_unknown", "gives no security events")

    def weaker(self) -> GetDiagnostics | None:
        if not self.diagnostics_if_unknown:
            return None
        shared = {name: getattr(self, name) for name in GetDiagnostics.__struct_fields__}
        return GetDiagnostics(**shared)


def _superfluous(command: RemoteCommand, *members: str) -> Iterator[Fault]:
    """Yield what is said of a place of ours beside one that the operator named."""
    if getattr(command, "location", None) is not None:
        yield from (Fault(f"/{name}", ONE_PLACE) for name in members if getattr(command, name) is not None)
