"""Files as stations fetch and bring them: with what is on board, in the way that they know."""

import ftplib
import http.client
import io
import secrets
from enum import StrEnum
from urllib.parse import SplitResult, urlsplit
from urllib.request import Request, urlopen

TIMEOUT_S = 15.0
FAILURES = (OSError, ftplib.Error, http.client.HTTPException)
"""How a transfer fails."""


class Fw(StrEnum):
    """How firmware and logs are handled (Q111): the one way that a station knows, or what it does wrong."""

    RIGHT = "right"
    FTP = "ftp"
    PUT = "put"
    POST = "post"
    STALL = "stall"
    FLOOD = "flood"
    NO_INSTALLED = "no-installed"


def fetch(location: str, habit: Fw) -> bytes:
    """Return the bytes at a location; raise one of `FAILURES`."""
    place = _known(location, habit)
    if place.scheme != "ftp":
        with urlopen(location, timeout=TIMEOUT_S) as answer:  # noqa: S310  # a station goes where it is sent
            return bytes(answer.read())
    got = io.BytesIO()
    with _dialled(place) as ftp:
        ftp.retrbinary(f"RETR {place.path}", got.write)
    return got.getvalue()


def bring(location: str, name: str, body: bytes, habit: Fw) -> None:
    """Take bytes to a location, as a file of that name where it is a folder; raise one of `FAILURES`."""
    place = _known(location, habit)
    if place.scheme == "ftp":
        with _dialled(place) as ftp:
            ftp.storbinary(f"STOR {place.path}{name if place.path.endswith('/') else ''}", io.BytesIO(body))
    elif habit is Fw.STALL:
        _stall(place, body)
    else:
        _send(f"{location}{name if location.endswith('/') else ''}", name, body, habit)


def _known(location: str, habit: Fw) -> SplitResult:
    place = urlsplit(location)
    if habit is Fw.FTP and place.scheme != "ftp":
        raise OSError(f"{place.scheme} is not known")
    return place


def _dialled(place: SplitResult) -> ftplib.FTP:
    ftp = ftplib.FTP(timeout=TIMEOUT_S)  # noqa: S321  # many stations know nothing else
    ftp.connect(place.hostname or "", place.port or 21)
    ftp.login(place.username or "anonymous", place.password or "anonymous@")
    return ftp


def _send(location: str, name: str, body: bytes, habit: Fw) -> None:
    method, kind = "PUT", "application/octet-stream"
    if habit is Fw.POST:
        method, boundary = "POST", secrets.token_hex(12)
        kind = f"multipart/form-data; boundary={boundary}"
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        body = head.encode() + body + f"\r\n--{boundary}--\r\n".encode()
    request = Request(location, data=body, method=method, headers={"Content-Type": kind})  # noqa: S310  # as above
    with urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310  # as above
        answer.read()


def _stall(place: SplitResult, body: bytes) -> None:
    """Begin, and fall silent until the other side has had enough."""
    line = http.client.HTTPConnection(place.hostname or "", place.port or 80, timeout=TIMEOUT_S)
    line.putrequest("PUT", place.path)
    line.putheader("Content-Length", str(len(body)))
    line.endheaders(body[: len(body) // 2])
    answer = line.getresponse()
    line.close()
    raise OSError(f"not taken: {answer.status}")
