"""Addresses of servers, fit to be told."""

import re

IN_PLACE = re.compile(r"^(\w[\w+.-]*://[^:/?#]*):.*@(?=[^@]*$)")
IN_QUERY = re.compile(r"([?&][^=&]*pass[^=&]*=)[^&#]*", re.IGNORECASE)


def masked(url: str) -> str:
    """Return a URL without the passwords in it, wherever they stand and whatever they are made of."""
    return IN_QUERY.sub(r"\1***", IN_PLACE.sub(r"\1:***@", url))
