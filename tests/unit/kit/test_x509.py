"""Certificates and requests as facts, whatever their line ends; hashes as OCPP forms and compares them."""

from base64 import b64decode, b64encode
from contextlib import suppress
from hashlib import new

import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import given, settings
from hypothesis import strategies as st

from csms.kit.x509 import (
    DIGESTS,
    HashData,
    NotReadable,
    hash_data,
    is_issued_by,
    load_certificates,
    pem_of,
    read_certificates,
    read_request,
)
from tests.papers import KINDS, Authority, name, new_key, request_for

ISSUER = Authority().paper.certificate
HEX = st.text("0123456789abcdef", min_size=1, max_size=64)
HASHES = st.builds(HashData, st.sampled_from(sorted(DIGESTS)), HEX, HEX, HEX)
ENDS = pytest.mark.parametrize("end", ["\r\n", "\r", "\n\n", "\\n", "\\r\\n", " ", ""], ids=repr)


@pytest.mark.covers("SEC-53", "SEC-50")
@given(HASHES, st.integers(0, 5), st.data())
def test_hashes_are_the_same_in_other_letters_and_with_other_zeros(
    told: HashData, zeros: int, data: st.DataObject
) -> None:
    def shouted(text: str) -> str:
        return "".join(data.draw(st.sampled_from([letter, letter.upper()])) for letter in text)

    other = HashData(
        shouted(told.hash_algorithm.lower()),
        shouted(told.issuer_name_hash),
        f" {shouted(told.issuer_key_hash)}\n",
        "0" * zeros + shouted(told.serial_number),
    )
    assert other.key == told.key


@pytest.mark.covers("SEC-53")
@given(HASHES, HASHES)
def test_other_hashes_are_others(one: HashData, other: HashData) -> None:
    def meant(told: HashData) -> tuple[str, str, str, int]:
        return told.hash_algorithm, told.issuer_name_hash, told.issuer_key_hash, int(told.serial_number, 16)

    assert (one.key == other.key) == (meant(one) == meant(other))


@pytest.mark.covers("SEC-53")
@pytest.mark.parametrize("algorithm", DIGESTS)
@pytest.mark.parametrize("kind", KINDS)
def test_hashes_are_those_of_the_issuer_by_its_name_and_the_bits_of_its_key(kind: str, algorithm: str) -> None:
    root = Authority(kind)
    paper, issuer = root.station("CP-1").certificate, root.paper.certificate
    form = (serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
    if kind == "EC":
        form = (serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    assert hash_data(paper, issuer, algorithm) == HashData(
        algorithm,
        new(algorithm, issuer.subject.public_bytes()).hexdigest(),
        new(algorithm, issuer.public_key().public_bytes(*form)).hexdigest(),
        f"{paper.serial_number:x}",
    )


@pytest.mark.covers("SEC-48")
@ENDS
def test_line_ends_of_certificates_do_not_matter(end: str) -> None:
    root = Authority()
    text = root.pem + root.server().pem
    assert read_certificates(text.replace("\n", end)) == read_certificates(text)
    assert pem_of(load_certificates(root.pem.replace("\n", end))) == root.pem


@pytest.mark.covers("SEC-48")
@ENDS
def test_line_ends_of_requests_do_not_matter(end: str) -> None:
    text = request_for(name(cn="CP-1", o="Test"), new_key("EC"))
    assert read_request(text.replace("\n", end)) == read_request(text)


@pytest.mark.parametrize(
    "text", ["", "nothing", "-----BEGIN CERTIFICATE-----\n", request_for(name(cn="A"), new_key("EC"))]
)
def test_what_is_no_certificate_cannot_be_read(text: str) -> None:
    with pytest.raises(NotReadable):
        read_certificates(text)


@pytest.mark.covers("SEC-51")
def test_who_issued_a_certificate_is_proved_by_its_key() -> None:
    root, namesake = Authority(), Authority()
    below = Authority(called="Below", above=root).paper.certificate
    assert is_issued_by(below, root.paper.certificate)
    assert is_issued_by(root.paper.certificate, root.paper.certificate)
    assert not is_issued_by(below, namesake.paper.certificate), "its name is the same, its key is not"
    assert not is_issued_by(root.paper.certificate, below)


def bytes_of(pem: str) -> bytes:
    """Return what stands between the lines of a PEM text."""
    return b64decode("".join(pem.splitlines()[1:-1]))


WHOLE = {
    "CERTIFICATE REQUEST": [
        bytes_of(request_for(name(cn="CP-1", o="Acme", serial="9"), new_key(kind))) for kind in KINDS
    ],
    "CERTIFICATE": [bytes_of(Authority(kind).server(kind).pem) for kind in KINDS],
}
CHANGES = st.lists(st.tuples(st.integers(0, 4000), st.integers(-1, 256)), min_size=1, max_size=4)


@pytest.mark.covers("Q117", "SEC-41")
@settings(max_examples=400)
@given(st.sampled_from(sorted(WHOLE)), st.integers(0, 1), CHANGES)
def test_what_is_broken_anywhere_is_read_or_said_to_be_unreadable(
    label: str, which: int, changes: list[tuple[int, int]]
) -> None:
    der = bytearray(WHOLE[label][which])
    for place, value in changes:
        at = place % len(der)
        if value == -1:
            del der[at]
        elif value == 256:
            der.insert(at, 0)
        else:
            der[at] = value
    text = f"-----BEGIN {label}-----\n{b64encode(der).decode()}\n-----END {label}-----\n"
    with suppress(NotReadable):
        if label == "CERTIFICATE":
            read_certificates(text)
            is_issued_by(load_certificates(text)[0], ISSUER)
        else:
            read_request(text)
