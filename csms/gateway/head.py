"""The head of an upgrade request, as sloppy stations write it (Q5, Q6, Q19)."""

import re

LONGEST_HEAD = 16_384
_END = re.compile(rb"\r?\n\r?\n")
_FOLD = re.compile(rb"\r?\n[ \t]+")
_BLANK_BEFORE_COLON = re.compile(rb"(?m)^([-!#$%&'*+.^_`|~0-9A-Za-z]+)[ \t]+:")
_ODD = re.compile(rb"[^\x21-\x7e]")


def head_end(data: bytes | bytearray) -> int | None:
    """Return where the head that `data` begins with ends, blank line included; None if it is not whole."""
    start = len(data) - len(data.lstrip(b"\r\n"))
    end = _END.search(data, start)
    return None if end is None else end.end()


def mended(head: bytes) -> bytes:
    """Return a whole head as the standard wants it.

    Blank lines before it go, bare line feeds get their carriage return, folded lines are
    joined, a blank before a colon goes, and what no request target may hold is percent-encoded.
    """
    request, _, fields = head.strip(b"\r\n").partition(b"\n")
    method, _, rest = request.rstrip(b"\r").partition(b" ")
    target, _, version = rest.rpartition(b" ")
    target = _ODD.sub(lambda odd: b"%%%02X" % odd.group()[0], target)
    lines = [line.rstrip(b"\r") for line in _BLANK_BEFORE_COLON.sub(rb"\1:", _FOLD.sub(b" ", fields)).split(b"\n")]
    return b"\r\n".join((b" ".join((method, target, version)), *filter(None, lines), b"", b""))
