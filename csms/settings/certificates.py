"""Settings of certificates: those that we show, those that we trust, and those that stations are given."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field, SecretStr

from csms.settings.words import Listed


class Certificates(BaseModel):
    """The part of the settings that is about certificates."""

    tls_certificate: Annotated[tuple[Path, ...], *Listed] = ()
    tls_key: Annotated[tuple[Path, ...], *Listed] = ()
    tls_client_ca: Annotated[tuple[Path, ...], *Listed] = ()
    cpo_names: Annotated[tuple[str, ...], *Listed] = ()

    ca_certificate: Path | None = None
    ca_key: Path | None = None
    ca_key_password: SecretStr | None = None
    est_url: Annotated[str | None, Field(pattern=r"^https://[^/@?#\s]+(/[^@?#\s]*)?$")] = None
    est_user: str | None = None
    est_password: SecretStr | None = None
    est_ca: Path | None = None
    est_certificate: Path | None = None
    est_key: Path | None = None
    certificate_days: Annotated[int, Field(ge=1, le=3650)] = 365
    certificates_per_day: Annotated[int, Field(ge=1, le=1000)] = 5

    @property
    def signs(self) -> bool:
        """Whether certificates of stations are signed here."""
        return self.ca_certificate is not None or self.est_url is not None


def contradictions(given: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong between settings of certificates."""
    if given.get("ca_key") is not None and given.get("ca_certificate") is None:
        yield "CSMS_CA_CERTIFICATE: must be set with CSMS_CA_KEY"
    if given.get("est_url") is not None and given.get("ca_certificate") is not None:
        yield "CSMS_EST_URL and CSMS_CA_CERTIFICATE: only one signs certificates of stations"
    if (given.get("est_certificate") is None) != (given.get("est_key") is None):
        yield "CSMS_EST_CERTIFICATE and CSMS_EST_KEY: set both or neither"
    for name in ("est_user", "est_password", "est_ca", "est_certificate"):
        if given.get(name) is not None and given.get("est_url") is None:
            yield f"CSMS_EST_URL: must be set with CSMS_{name.upper()}"
