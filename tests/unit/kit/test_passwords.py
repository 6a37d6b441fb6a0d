"""Passwords: the right one opens, and nothing that is kept broken ever does."""

import pytest

from csms.kit.passwords import hash_password, verify_password

HASHED = hash_password(b"right")


@pytest.mark.parametrize(
    "password",
    [b"", b"0123456789abcdef", b"with\0nul", bytes(range(256)), b"x" * 5000, "\u017b\u00f3\u0142w".encode()],
    ids=["empty", "plain", "nul", "every byte", "long", "utf-8"],
)
def test_any_bytes_are_a_password_and_no_others_are_the_same(password: bytes) -> None:
    hashed = hash_password(password)
    assert verify_password(password, hashed)
    assert not verify_password(password + b"\0", hashed)
    assert not verify_password(password[:-1] if password else b"x", hashed)


def test_two_hashes_of_one_password_differ_and_hold_nothing_of_it() -> None:
    assert hash_password(b"right") != HASHED
    assert "right" not in HASHED
    assert HASHED.startswith("$argon2id$")


DAMAGED = {
    "nothing": "",
    "the password itself": "right",
    "cut short": HASHED[:-10],
    "another algorithm": HASHED.replace("argon2id", "argon2x"),
    "too little memory": HASHED.replace("m=19456", "m=1"),
    "only its kind": "$argon2id$",
    "no salt": "$argon2id$v=19$m=19456,t=2,p=1$$",
    "something before it": "\u017b" + HASHED,
    "an odd end": HASHED[:-1] + "\u017b",
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_hash_that_is_damaged_lets_nobody_in_and_raises_nothing(damage: str) -> None:
    assert not verify_password(b"right", DAMAGED[damage])
