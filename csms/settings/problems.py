"""What is wrong with settings, in sentences for operators and without a secret in them."""

import difflib
import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic_core import InitErrorDetails, PydanticCustomError

from csms.settings import certificates
from csms.settings.words import Environment, listed

SCHEMES = {
    "DATABASE_URL": ("postgresql://", "postgres://"),
    "REDIS_URL": ("redis://", "rediss://", "unix://"),
}
PREFIX = "CSMS_"
SERVICE_LINK = re.compile(r"(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$")
"""How Kubernetes names what it tells every container of a service; one that is called `csms` begins as we do."""


def contradictions(given: Mapping[str, Any]) -> list[str]:
    """Return what is wrong between settings, or with the text of a secret one, as they were given."""
    problems: list[str] = []
    if _count(given.get("tls_certificate")) != _count(given.get("tls_key")):
        problems.append(
            "CSMS_TLS_CERTIFICATE and CSMS_TLS_KEY: set both or neither, and as many of one as of the other"
        )
    problems += certificates.contradictions(given)
    if (given.get("S3_ACCESS_KEY") is None) != (given.get("S3_SECRET_KEY") is None):
        problems.append("S3_ACCESS_KEY and S3_SECRET_KEY: set both or neither")
    if given.get("S3_ENDPOINT") is not None and given.get("S3_BUCKET") is None:
        problems.append("S3_BUCKET: must be set with S3_ENDPOINT")
    for name, schemes in SCHEMES.items():
        url = given.get(name)
        if url is not None and not str(url).startswith(schemes):
            problems.append(f"{name}: must begin with one of {', '.join(schemes)}")
        if url is None and given.get("environment") == Environment.PRODUCTION:
            problems.append(f"{name}: must be set in production")
    return problems


def unknown_names(fields: Iterable[str]) -> list[str]:
    """Return what is wrong with the names of environment variables that are ours by their prefix."""
    known = [_name((name,)) for name in fields]
    unknown = [name for name in map(str.upper, os.environ) if name.startswith(PREFIX) and name not in known]
    return [f"{name}: there is no such setting{_guess(name, known)}" for name in sorted(unknown) if not _is_link(name)]


def _guess(name: str, known: list[str]) -> str:
    alike = difflib.get_close_matches(name, known, n=1, cutoff=0.8)
    return f"; is it {alike[0]}?" if alike else ""


def _is_link(name: str) -> bool:
    value = os.environ.get(name, "")
    return SERVICE_LINK.search(name) is not None or (name.endswith("_PORT") and "://" in value)


def _count(given: Any) -> int:
    items = listed(given)
    return 0 if items is None else len(items)


def problem(location: tuple[str | int, ...], text: str) -> InitErrorDetails:
    """Return what is wrong, as the library has it."""
    return InitErrorDetails(type=PydanticCustomError("setting", "{text}", {"text": text}), loc=location, input=None)


def line(location: tuple[str | int, ...], text: str) -> str:
    """Return the sentence that tells it, with the name of its setting."""
    if not location:
        return text
    within = " ".join(map(str, location[1:])) if any(isinstance(part, str) for part in location[1:]) else ""
    return f"{_name(location)}{within and f' ({within})'}: {text}"


def _name(location: tuple[str | int, ...]) -> str:
    name = str(location[0])
    return name if name.isupper() else f"{PREFIX}{name.upper()}"
