"""Settings of certificates: those that we show, those that we trust, and those that stations are given."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel

from csms.settings.words import Listed


class Certificates(BaseModel):
    """The part of the settings that is about certificates."""

    tls_certificate: Annotated[tuple[Path, ...], *Listed] = ()
    tls_key: Annotated[tuple[Path, ...], *Listed] = ()
    tls_client_ca: Annotated[tuple[Path, ...], *Listed] = ()
    cpo_names: Annotated[tuple[str, ...], *Listed] = ()
