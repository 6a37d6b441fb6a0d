"""What an operator sends a station for: a new firmware, or a file of its own."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from csms.domain.remote.words import LARGEST, RemoteCommand, RequestId

Moment = Annotated[datetime, Meta(tz=True)]
Address = Annotated[str, Meta(min_length=1, max_length=2000, pattern=r"^[A-Za-z][A-Za-z0-9+.-]*://[^\s]+$")]
Count = Annotated[int, Meta(ge=0, le=LARGEST)]
Signature = Annotated[str, Meta(min_length=1, max_length=800)]
Certificate = Annotated[str, Meta(min_length=1, max_length=5500)]


class UpdateFirmware(RemoteCommand, frozen=True):
    """Fetch a firmware from `location` at `retrieve_at` (at once if it is left out), and install it.

    With a signature and the certificate of who signed it, it is a signed update. Retries are the
    station's own, `retry_interval_s` apart.
    """

    location: Address
    retrieve_at: Moment | None = None
    install_at: Moment | None = None
    retries: Count | None = None
    retry_interval_s: Count | None = None
    signature: Signature | None = None
    signing_certificate: Certificate | None = None
    request_id: RequestId | None = None


class GetLog(RemoteCommand, frozen=True):
    """Bring a log to `location`: the one of its diagnostics, or the one of its security events."""

    location: Address
    kind: Literal["diagnostics", "security"] = "diagnostics"
    since: Moment | None = None
    until: Moment | None = None
    retries: Count | None = None
    retry_interval_s: Count | None = None
    request_id: RequestId | None = None


class GetDiagnostics(RemoteCommand, frozen=True):
    """Bring the diagnostics to `location`, in the older way where there are two."""

    location: Address
    since: Moment | None = None
    until: Moment | None = None
    retries: Count | None = None
    retry_interval_s: Count | None = None
