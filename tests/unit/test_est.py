"""An authority that speaks EST: what it is asked, and what is made of its answers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from csms.authority.est import LARGEST, Access, EstAuthority
from csms.authority.local import Unusable
from csms.kit.x509 import load_certificates
from csms.ports.certificates import AuthorityPending, AuthorityRefused, AuthorityUnavailable
from tests.est import PKCS7, Answer, Est, est_server
from tests.papers import name, new_key, request_for

CSR = request_for(name(cn="CP-1", o="Acme"), new_key("EC"))


@pytest.fixture
def est(tmp_path: Path) -> Iterator[Est]:
    with est_server(tmp_path) as est:
        yield est


def access(est: Est, folder: Path) -> Access:
    return Access(est.url, "we", "est-secret-0017", roots=folder / "est-root.pem")


@pytest.mark.covers("SEC-41", "SEC-42")
@pytest.mark.parametrize("kind", ["RSA", "EC"])
async def test_a_request_comes_back_as_a_chain_without_its_root(est: Est, kind: str, tmp_path: Path) -> None:
    key = new_key(kind)
    chain = await EstAuthority(access(est, tmp_path)).sign(request_for(name(cn="CP-1"), key).replace("\n", "\r\n"))
    leaf, above = load_certificates(chain)
    leaf.verify_directly_issued_by(above)
    assert leaf.public_key() == key.public_key()
    assert above == est.authority.paper.certificate
    (method, path, headers), (_, other, _) = est.asked
    assert (method, path, other) == ("POST", "/.well-known/est/simpleenroll", "/.well-known/est/cacerts")
    assert headers["Content-Type"] == "application/pkcs10"
    assert headers["Authorization"].startswith("Basic ")


@pytest.mark.covers("SEC-41")
@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((202, {"Retry-After": "77"}, b""), AuthorityPending),
        ((202, {}, b""), AuthorityPending),
        ((400, {"Content-Type": "text/plain"}, b"no such profile"), AuthorityRefused),
        ((401, {}, b""), AuthorityUnavailable),
        ((404, {}, b""), AuthorityUnavailable),
        ((429, {}, b""), AuthorityUnavailable),
        ((503, {"Content-Type": "text/html"}, b"<p>later"), AuthorityUnavailable),
        ((302, {"Location": "https://localhost/"}, b""), AuthorityUnavailable),
        ((200, PKCS7, b"certainly no certificate"), AuthorityUnavailable),
        ((200, PKCS7, b""), AuthorityUnavailable),
        ((200, PKCS7, b"x" * (LARGEST + 1)), AuthorityUnavailable),
    ],
)
async def test_what_is_no_certificate_is_refused_or_waited_for(
    est: Est, answer: Answer, expected: type[Exception], tmp_path: Path
) -> None:
    est.enroll = lambda _: answer
    with pytest.raises(Exception) as told:  # noqa: PT011  # which one is looked at below
        await EstAuthority(access(est, tmp_path)).sign(CSR)
    assert type(told.value) is expected
    assert "est-secret-0017" not in str(told.value)
    if isinstance(told.value, AuthorityPending):
        assert told.value.seconds == (77 if answer[1] else 60)
    if expected is AuthorityRefused:
        assert "no such profile" in str(told.value)


async def test_who_cannot_be_trusted_or_reached_is_away_and_bad_files_are_told_at_the_start(
    est: Est, tmp_path: Path
) -> None:
    with pytest.raises(AuthorityUnavailable, match="CERTIFICATE_VERIFY_FAILED"):
        await EstAuthority(Access(est.url)).sign(CSR)
    with pytest.raises(AuthorityUnavailable):
        await EstAuthority(Access("https://127.0.0.1:9/est")).sign(CSR)
    with pytest.raises(AuthorityRefused):
        await EstAuthority(access(est, tmp_path)).sign("nothing")
    assert est.asked == []
    with pytest.raises(Unusable):
        EstAuthority(Access(est.url, roots=tmp_path / "missing.pem"))
    with pytest.raises(Unusable):
        EstAuthority(Access(est.url, certificate=tmp_path / "est-root.pem", key=tmp_path / "est.key"))
