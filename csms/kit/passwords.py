"""Passwords, kept as argon2 hashes."""

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def hash_password(password: bytes) -> str:
    """Return a salted hash; takes tens of milliseconds, so call it in a thread."""
    return _hasher.hash(password)


def verify_password(password: bytes, hashed: str) -> bool:
    """Whether the password is the one that was hashed; takes as long as hashing."""
    try:
        return _hasher.verify(hashed, password)
    except (VerificationError, ValueError):  # the wrong one, or a hash that is none
        return False
