"""Which station a path names, however it was typed into the station (Q5, Q6)."""

import re
from urllib.parse import unquote_to_bytes

LONGEST = 255
_SCHEME = re.compile(r"^[a-zA-Z][a-zA-Z0-9+.-]*://[^/]*")
_HEX = re.compile(r"%[0-9A-Fa-f]{2}")


class BadPath(Exception):
    """A path that names no station that could ever be registered."""


def station_in(path: str) -> str:
    """Return the id in a request target; raise `BadPath` if there is none.

    Scheme, host and query are left out, and so are empty segments; the last segment is the id,
    decoded once. Control characters, encoded slashes and double encoding are refused.
    """
    path = _SCHEME.sub("", path).partition("?")[0].partition("#")[0]
    segments = [segment for segment in path.split("/") if segment]
    if not segments:
        raise BadPath("no station in the path")
    try:
        station = unquote_to_bytes(segments[-1].encode("latin-1", "replace")).decode()
    except UnicodeDecodeError:
        raise BadPath("the id is not UTF-8") from None
    if len(station) > LONGEST or not station.strip():
        raise BadPath("the id is blank or too long")
    if "/" in station or _HEX.search(station) or not station.isprintable():
        raise BadPath("the id has characters that no id may have")
    return station.strip()
