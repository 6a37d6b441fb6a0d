"""HTTP Basic as stations do it: binary passwords, colons in ids, missing padding (Q20, Q21)."""

import asyncio
import base64
import binascii
import hashlib
import hmac
from concurrent.futures import Executor

from csms.kit.passwords import verify_password

MAX_HEADER = 1024
CACHED = 20_000
KEY = range(16, 21)
"""How many bytes a key of 1.6 has: text of so many may have been registered as hex (SEC-13)."""


def password_in(header: str, station: str) -> bytes | None:
    """Return the password of a Basic header that names `station`, letter case aside; None for any other header."""
    scheme, _, encoded = header.strip().partition(" ")
    if scheme.lower() != "basic" or len(header) > MAX_HEADER:
        return None
    encoded = encoded.strip()
    try:
        decoded = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    name = station.encode()
    if decoded[: len(name) + 1].lower() == name.lower() + b":":
        return decoded[len(name) + 1 :]
    return None


def spellings(password: bytes) -> list[bytes]:
    """Return the forms under which the same key may have been registered: as it is, or as hex text (Q21)."""
    forms = [password]
    if not (password.isascii() and password.decode("ascii").isprintable()):
        forms += [password.hex().encode(), password.hex().upper().encode()]
    elif len(password) >= 32 and all(byte in b"0123456789abcdefABCDEF" for byte in password):  # noqa: PLR2004  # 16 bytes as hex
        forms += [form for form in (password.lower(), password.upper()) if form != password]
    elif len(password) in KEY:
        forms.append(password.hex().encode())
    return forms


class PasswordCheck:
    """Checks passwords against slow hashes, off the loop, and remembers what was right.

    What is remembered is a keyed digest of the password beside the hash it was checked
    against, so that a changed password is unknown at once.
    """

    def __init__(self, *, executor: Executor, key: bytes) -> None:
        self._executor = executor
        self._key = key
        self._right: dict[str, bytes] = {}

    async def is_right(self, station: str, password: bytes, hashed: str) -> bool:
        """Whether a station's password is the one that was hashed."""
        digest = hmac.digest(self._key, hashed.encode() + b"|" + password, hashlib.sha256)
        known = self._right.get(station)
        if known is not None and hmac.compare_digest(known, digest):
            return True
        loop = asyncio.get_running_loop()
        for form in spellings(password):
            if await loop.run_in_executor(self._executor, verify_password, form, hashed):
                if len(self._right) >= CACHED:
                    self._right.clear()
                self._right[station] = digest
                return True
        return False
