"""The short way for whole text frames; the sans-I/O core of `websockets` reads all others."""

import struct
from collections.abc import Iterator

from websockets.frames import Frame, Opcode
from websockets.speedups import apply_mask

TEXT_FINAL, MASKED = 0x81, 0x80
FINAL, OPCODE, CONTINUATION = 0x80, 0x0F, 0
DATA = (1, 2)
MEDIUM, LONG = 126, 127
MAX_HEADER = 14
SMALLEST = 8
"""A frame that is shorter than this takes the long way."""


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


def text_of(data: bytes) -> str | bytes:
    """Return a text; its bytes if it is not UTF-8, which the link can still read (Q38)."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data


class Pieces:
    """Puts messages together that come in several frames."""

    __slots__ = ("_begun",)

    def __init__(self) -> None:
        self._begun: tuple[Opcode, bytearray] | None = None

    def add(self, frame: Frame) -> str | bytes | None:
        """Return the message that is whole with this frame; bytes for a binary one; None if more has to come."""
        opcode, data = self._begun or (frame.opcode, bytearray())
        data += frame.data
        self._begun = None if frame.fin else (opcode, data)
        if not frame.fin:
            return None
        whole = bytes(data)
        return whole if opcode is Opcode.BINARY else text_of(whole)


class Cutter:
    """Cuts a stream of bytes into frames; it holds what is not whole yet."""

    __slots__ = ("_held", "_in_pieces", "_longest")

    def __init__(self, *, longest: int) -> None:
        self._longest = longest + MAX_HEADER
        self._held: bytes | bytearray = b""
        self._in_pieces = False

    def whole(self, data: bytes) -> str | None:
        """Return the text of the one whole text frame that `data` is, as nearly always; None leaves it to `cut`."""
        size = len(data)
        if size < SMALLEST or size > self._longest or self._held or self._in_pieces:
            return None
        first, length = data[0], data[1] - MASKED
        if length < MEDIUM:
            body = 6
        elif length == MEDIUM:
            length, body = data[2] << 8 | data[3], 8
        else:
            return None
        if first != TEXT_FINAL or body + length != size or length < 0:
            return None
        try:
            return apply_mask(data[body:], data[body - 4 : body]).decode()
        except UnicodeDecodeError:
            return None

    def cut(self, data: bytes) -> Iterator[str | bytes]:
        """Yield a `str` for each whole text message, and the bytes of every other frame, for the core to read.

        A frame that is too long is yielded as far as it has come.
        """
        if self._held:
            self._held += data
            if self._is_short(self._held, 0):
                return
            data, self._held = bytes(self._held), b""
        start, end = 0, len(data)
        while start < end:
            if self._is_short(data, start):
                self._held = bytearray(data[start:])
                return
            size = frame_size(data, start) or end - start
            text = None if self._in_pieces else whole_text(data, start, size)
            if text is None:
                self._note_pieces(data[start])
                yield data[start : start + size]
            else:
                yield text
            start += size

    def rest(self) -> bytes:
        """Return what is held, and hold it no more."""
        held, self._held = bytes(self._held), b""
        return held

    def _is_short(self, data: bytes | bytearray, start: int) -> bool:
        """Whether there is only the beginning of a frame, which may still become whole."""
        size = frame_size(data, start)
        return size is None or len(data) - start < size <= self._longest

    def _note_pieces(self, first: int) -> None:
        """Note that a message in pieces begins or ends; between the two, the core must see every frame."""
        final, opcode = first & FINAL, first & OPCODE
        if opcode in DATA and not final:
            self._in_pieces = True
        elif opcode == CONTINUATION and final:
            self._in_pieces = False
