"""Paths, subprotocols, passwords and frames, as stations spell them."""

import base64
import os
import struct
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.speedups import apply_mask

from csms.gateway.credentials import PasswordCheck, password_in, spellings
from csms.gateway.framing import frame_size, text_frame, whole_text
from csms.gateway.identity import BadPath, station_in
from csms.gateway.subprotocol import choose, tokens_in
from csms.kit.passwords import hash_password
from csms.ocpp.version import Version


@pytest.mark.parametrize(
    ("path", "station"),
    [
        ("/CP1", "CP1"),
        ("/CP1/", "CP1"),
        ("///CP1", "CP1"),
        ("//CP1", "CP1"),
        ("/ocpp/CP1", "CP1"),
        ("/central/oakhurst/CP1?x=1", "CP1"),
        ("ws://host:9000/ocpp/CP1", "CP1"),
        ("/CP%201", "CP 1"),
        ("/RDAM%7C123", "RDAM|123"),
        ("/CP%C3%A4", "CP\u00e4"),
    ],
)
@pytest.mark.covers("Q5", "Q6", "J-01")
def test_the_id_is_found_in_every_shape_of_path(path: str, station: str) -> None:
    assert station_in(path) == station


@pytest.mark.parametrize("path", ["", "/", "//", "/%2F", "/a%252Fb", "/a%00", "/a%0A", "/%20", "/" + "x" * 300, "/%FF"])
@pytest.mark.covers("Q5", "Q6", "Q7")
def test_paths_that_name_nobody_are_refused(path: str) -> None:
    with pytest.raises(BadPath):
        station_in(path)


@pytest.mark.parametrize(
    ("offered", "version", "echoed"),
    [
        (["ocpp1.6"], Version.V16, "ocpp1.6"),
        (["OCPP1.6"], Version.V16, "OCPP1.6"),
        (["ocpp1.6j"], Version.V16, "ocpp1.6j"),
        (["ocpp1.6", "ocpp1.5"], Version.V16, "ocpp1.6"),
        (["ocpp0.1", "ocpp2.0.1"], Version.V201, "ocpp2.0.1"),
        (["ocpp2.1", "ocpp2.0.1", "ocpp1.6"], Version.V21, "ocpp2.1"),
    ],
)
@pytest.mark.covers("Q2", "J-05", "J-06", "B_58")
def test_the_station_chooses_and_its_own_token_is_echoed(offered: list[str], version: Version, echoed: str) -> None:
    choice = choose(offered, pinned=None, assume_16=False)
    assert choice is not None
    assert (choice.version, choice.token) == (version, echoed)


@pytest.mark.covers("Q1", "J-07", "J-08")
def test_nothing_in_common_is_refused_and_silence_is_1_6_where_that_is_allowed() -> None:
    assert choose(["ocpp0.1"], pinned=None, assume_16=True) is None
    assert choose([], pinned=None, assume_16=False) is None
    assumed = choose([], pinned=None, assume_16=True)
    assert assumed is not None
    assert (assumed.version, assumed.token) == (Version.V16, None)


@pytest.mark.covers("Q2")
def test_a_pin_is_preferred_and_two_headers_are_one_list() -> None:
    offered = tokens_in(["ocpp2.0.1, ocpp1.6", " ,ocpp1.5"])
    assert offered == ["ocpp2.0.1", "ocpp1.6", "ocpp1.5"]
    choice = choose(offered, pinned="ocpp1.6", assume_16=False)
    assert choice is not None
    assert choice.version is Version.V16


def basic(user: bytes, password: bytes, *, padded: bool = True) -> str:
    text = base64.b64encode(user + b":" + password).decode()
    return "Basic " + (text if padded else text.rstrip("="))


@given(st.binary(max_size=60), st.sampled_from(["CP1", "a:b", "x y"]))
@pytest.mark.covers("Q20")
def test_any_password_of_bytes_is_found(password: bytes, station: str) -> None:
    assert password_in(basic(station.encode(), password), station) == password
    assert password_in(basic(station.upper().encode(), password, padded=False), station) == password


@pytest.mark.parametrize("header", ["", "Basic", "Basic !!!", "Bearer abc", "Basic " + "A" * 2000])
@pytest.mark.covers("Q20")
def test_headers_that_are_no_basic_are_nothing(header: str) -> None:
    assert password_in(header, "CP1") is None


@pytest.mark.covers("TC_A_02", "Q123")
def test_the_name_in_the_header_must_be_the_station() -> None:
    assert password_in(basic(b"CP1Invalid", b"secret"), "CP1") is None


@pytest.mark.covers("Q21")
async def test_a_key_is_known_as_bytes_and_as_hex_of_either_case() -> None:
    key = os.urandom(20)
    with ThreadPoolExecutor(1) as executor:
        for registered in (key.hex(), key.hex().upper()):
            check = PasswordCheck(executor=executor, key=b"k" * 32)
            hashed = hash_password(registered.encode())
            for given_form in (key, key.hex().encode(), key.hex().upper().encode()):
                assert await check.is_right("CP1", given_form, hashed)
            assert not await check.is_right("CP1", b"wrong-password", hashed)
    assert spellings(b"plain text") == [b"plain text"]


@pytest.mark.covers("Q21", "SEC-13")
async def test_text_of_as_many_bytes_as_a_key_has_is_known_by_its_hex_too() -> None:
    with ThreadPoolExecutor(1) as executor:
        for text in (b"plain words 0017", b"plain words of 20 b."):
            check, hashed = PasswordCheck(executor=executor, key=b"k" * 32), hash_password(text.hex().encode())
            for form in (text, text.hex().encode(), text.hex().upper().encode()):
                assert await check.is_right("CP1", form, hashed)
            assert not await check.is_right("CP1", text[:-1] + b"?", hashed)
    for length in (15, 21):
        assert spellings(b"x" * length) == [b"x" * length]


@pytest.mark.covers("TC_A_03", "TC_A_09")
async def test_a_changed_password_is_not_remembered_as_right() -> None:
    with ThreadPoolExecutor(1) as executor:
        check = PasswordCheck(executor=executor, key=b"k" * 32)
        old, new = hash_password(b"old-password"), hash_password(b"new-password")
        assert await check.is_right("CP1", b"old-password", old)
        assert not await check.is_right("CP1", b"old-password", new)
        assert await check.is_right("CP1", b"new-password", new)


def client_frame(payload: bytes, mask: bytes = b"\x01\x02\x03\x04", first: int = 0x81) -> bytes:
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", first, 0x80 | size)
    elif size < 65536:
        head = struct.pack("!BBH", first, 0x80 | 126, size)
    else:
        head = struct.pack("!BBQ", first, 0x80 | 127, size)
    return head + mask + apply_mask(payload, mask)


@given(st.text(max_size=400) | st.integers(60_000, 70_000).map(lambda n: "x" * n), st.binary(max_size=5))
def test_a_whole_text_is_read_and_what_follows_is_left(text: str, rest: bytes) -> None:
    data = client_frame(text.encode("utf-8", "replace"))
    assert frame_size(data + rest, 0) == len(data)
    assert whole_text(data + rest, 0, len(data)) == text.encode("utf-8", "replace").decode()


@given(st.binary(min_size=0, max_size=300))
def test_a_frame_is_whole_only_when_all_of_it_is_there(payload: bytes) -> None:
    data = client_frame(payload)
    for end in range(len(data)):
        size = frame_size(data[:end], 0)
        assert size is None or size == len(data)


@pytest.mark.parametrize("first", [0x01, 0x82, 0xC1, 0x88, 0x89, 0x80])
@pytest.mark.covers("Q16", "Q23")
def test_all_other_frames_are_left_to_the_library(first: int) -> None:
    data = client_frame(b"hello", first=first)
    assert whole_text(data, 0, len(data)) is None


@pytest.mark.parametrize("size", [0, 125, 126, 65535, 65536])
def test_our_frames_say_their_size(size: int) -> None:
    frame = text_frame("x" * size)
    assert frame_size(frame, 0) == len(frame)
