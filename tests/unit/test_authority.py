"""The authority of our own: what it signs, what it leaves out, and files that make none."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from csms.authority.local import BACKDATED, LocalAuthority, Unusable
from csms.kit.clock import SystemClock
from csms.kit.x509 import load_certificates, read_certificates
from csms.ports.certificates import AuthorityRefused, AuthorityUnavailable
from tests.papers import EXPIRED, Authority, name, new_key, request_for

NOW = SystemClock()


def opened(folder: Path, authority: Authority, days: int = 30) -> LocalAuthority:
    certificate, key = authority.paper.files(folder, "ca")
    return LocalAuthority(certificate=certificate, key=key, password=None, days=days, clock=NOW)


@pytest.mark.covers("SEC-42", "SEC-43", "SEC-24", "TC_074")
@pytest.mark.parametrize("kind", ["RSA", "EC"])
@pytest.mark.parametrize("own", ["RSA", "EC"])
async def test_a_certificate_is_for_the_key_that_asked_and_valid_already(kind: str, own: str, tmp_path: Path) -> None:
    root = Authority(own)
    middle = Authority(own, called="Middle", above=root)
    key = new_key(kind)
    chain = await opened(tmp_path, middle, days=7).sign(request_for(name(cn="CP-1", o="Acme"), key))
    leaf, above = load_certificates(chain)
    leaf.verify_directly_issued_by(above)
    assert above == middle.paper.certificate
    assert leaf.public_key() == key.public_key()
    now = datetime.now(UTC)
    assert leaf.not_valid_before_utc < now - BACKDATED + timedelta(minutes=2)
    assert timedelta(days=6) < leaf.not_valid_after_utc - now <= timedelta(days=7)
    kinds = {extension.oid for extension in leaf.extensions}
    assert x509.ExtensionOID.EXTENDED_KEY_USAGE not in kinds
    assert isinstance(leaf.signature_hash_algorithm, hashes.SHA256)
    usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.digital_signature, usage.key_encipherment, usage.key_cert_sign) == (True, kind == "RSA", False)
    assert leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False


@pytest.mark.covers("SEC-42", "SEC-43")
async def test_a_root_is_not_sent_and_nothing_outlives_who_signed_it(tmp_path: Path) -> None:
    root = Authority()
    (leaf,) = read_certificates(await opened(tmp_path, root, days=3650).sign(request_for(name(cn="S"), new_key("EC"))))
    assert leaf.not_after == root.paper.certificate.not_valid_after_utc


@pytest.mark.covers("SEC-32", "Q117")
async def test_names_beside_the_common_one_are_not_taken_over(tmp_path: Path) -> None:
    key = new_key("EC")
    builder = x509.CertificateSigningRequestBuilder().subject_name(name(cn="CP-1", o="Acme", serial="CP-2"))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("CP-2")]), critical=False)
    csr = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
    (leaf,) = read_certificates(await opened(tmp_path, Authority()).sign(csr))
    assert (leaf.subject.common_names, leaf.subject.organisations) == (("CP-1",), ("Acme",))
    assert (leaf.subject.serial_numbers, leaf.subject.names) == ((), ())


async def test_files_that_make_no_authority_are_told_and_no_key_with_them(tmp_path: Path) -> None:
    authority, other = Authority(), Authority()
    certificate, key = authority.paper.files(tmp_path, "ca")
    wrong = other.paper.files(tmp_path, "other")[1]
    leaf, leaf_key = authority.station("S").files(tmp_path, "leaf")
    for bad in ((certificate, wrong), (leaf, leaf_key), (key, key), (certificate, certificate), (tmp_path, key)):
        with pytest.raises(Unusable) as told:
            LocalAuthority(certificate=bad[0], key=bad[1], password=None, days=1, clock=NOW)
        assert authority.paper.key_pem.splitlines()[1] not in str(told.value)


async def test_an_authority_that_is_renewed_signs_with_its_new_key_and_an_expired_one_waits(tmp_path: Path) -> None:
    csr = request_for(name(cn="S"), new_key("EC"))
    signer = opened(tmp_path, Authority())
    second = Authority()
    second.paper.files(tmp_path, "ca")
    (leaf,) = load_certificates(await signer.sign(csr))
    leaf.verify_directly_issued_by(second.paper.certificate)
    with pytest.raises(AuthorityRefused):
        await signer.sign("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----")
    second.issue(name(cn="Old"), new_key("EC", 1), ca=True, **EXPIRED).files(tmp_path, "ca")
    with pytest.raises(AuthorityUnavailable, match="expired"):
        await signer.sign(csr)
