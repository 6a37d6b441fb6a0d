"""The short way for whole text frames; the sans-I/O core of `websockets` reads all others."""

import struct

from websockets.speedups import apply_mask

TEXT_FINAL, MASKED = 0x81, 0x80
MEDIUM, LONG = 126, 127
MAX_HEADER = 14


def frame_size(data: bytes | bytearray, start: int) -> int | None:
    """Return how many bytes the frame at `start` has, header included; None if its header is not whole."""
    have = len(data) - start
    if have < 2:  # noqa: PLR2004  # the first two bytes tell the rest
        return None
    length = data[start + 1] & ~MASKED
    mask = 4 if data[start + 1] & MASKED else 0
    if length < MEDIUM:
        return 2 + mask + length
    if length == MEDIUM:
        return None if have < 4 else 4 + mask + int(struct.unpack_from("!H", data, start + 2)[0])  # noqa: PLR2004
    return None if have < 10 else 10 + mask + int(struct.unpack_from("!Q", data, start + 2)[0])  # noqa: PLR2004


def whole_text(data: bytes, start: int, size: int) -> str | None:
    """Return the text of a final, masked text frame of UTF-8; None for anything else."""
    if data[start] != TEXT_FINAL or not data[start + 1] & MASKED or start + size > len(data):
        return None
    length = data[start + 1] & ~MASKED
    body = start + 6 + (2 if length == MEDIUM else 8 if length == LONG else 0)
    try:
        return apply_mask(data[body : start + size], data[body - 4 : body]).decode()
    except UnicodeDecodeError:
        return None


def text_frame(text: str) -> bytes:
    """Return a whole text frame of a server: final, not masked."""
    payload = text.encode()
    size = len(payload)
    if size < MEDIUM:
        return bytes((TEXT_FINAL, size)) + payload
    if size < 65536:  # noqa: PLR2004  # what two bytes can say
        return struct.pack("!BBH", TEXT_FINAL, MEDIUM, size) + payload
    return struct.pack("!BBQ", TEXT_FINAL, LONG, size) + payload
