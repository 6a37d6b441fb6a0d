"""What a TLS door speaks and what it does not, as the openssl program sees it (SEC-20 to SEC-24, Q17, Q18)."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from csms.embedded.postgres import EmbeddedPostgres
from csms.embedded.valkey import EmbeddedValkey
from tests.conftest import fresh_database
from tests.integration.conftest import House, open_house
from tests.papers import EXPIRED, Authority, Paper

OLD = ["-cipher", "ALL:@SECLEVEL=0"]
SUITES_RSA = [
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "AES128-GCM-SHA256",
    "AES256-GCM-SHA384",
]
SUITES_EC = ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"]
WEAK = [
    *("AES128-SHA", "AES256-SHA", "AES128-SHA256", "ECDHE-RSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA"),
    *("DHE-RSA-AES128-SHA", "CAMELLIA128-SHA", "NULL-SHA256", "ADH-AES128-GCM-SHA256", "AECDH-AES128-SHA"),
    *("PSK-AES128-GCM-SHA256", "ECDHE-RSA-CHACHA20-POLY1305"),
]


@dataclass
class Site:
    """A node with an RSA and an ECDSA certificate, and a door for each way of asking for a station's."""

    house: House
    folder: Path
    rsa: Authority
    ec: Authority
    strangers: Authority

    def port(self, door: str) -> int:
        return self.house.node.listeners[["plain", "basic", "both", "certificate"].index(door)].port

    @property
    def roots(self) -> Path:
        path = self.folder / "trusted.pem"
        path.write_text(self.rsa.pem + self.ec.pem)
        return path

    def shows(self, paper: Paper) -> list[str]:
        certificate, key = paper.files(self.folder, "client")
        return ["-cert", str(certificate), "-key", str(key), "-cert_chain", str(certificate)]

    async def look(self, *options: str, door: str = "basic", path: str = "/S") -> str:
        """Return what `openssl s_client` says of a connection on which it asked for an upgrade."""
        head = [f"GET {path} HTTP/1.1", "Host: h", "Upgrade: websocket", "Connection: Upgrade"]
        head += [
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==",
            "Authorization: Basic Uzpw",
        ]
        at = ["-connect", f"127.0.0.1:{self.port(door)}", "-CAfile", str(self.roots)]
        at += [] if "-noservername" in options else ["-servername", "localhost"]
        process = await asyncio.create_subprocess_exec(
            *("openssl", "s_client", *at, "-verify_return_error", "-ign_eof", *options),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        assert process.stdin is not None
        process.stdin.write("\r\n".join([*head, "", ""]).encode())
        return await told_by(process)

    def outcome(self, outcome: str) -> float:
        registry = self.house.node.metrics.registry
        return registry.get_sample_value("csms_handshakes_total", {"outcome": outcome}) or 0.0


async def told_by(process: asyncio.subprocess.Process) -> str:
    """Return what openssl says until it ends, or until a station would be in: then it would wait for ever."""
    assert process.stdout is not None
    told = b""
    async with asyncio.timeout(20):
        while chunk := await process.stdout.read(65_536):
            told += chunk
            if b"HTTP/1.1 101" in told and b"\r\n\r\n" in told:
                process.kill()
                break
        await process.wait()
    return told.decode("utf-8", "replace")


def spoken(told: str) -> tuple[str, str] | None:
    """Return the version and the suite of a session; None if there was none."""
    found = re.search(r"New, (\S+), Cipher is (\S+)", told)
    return None if found is None or found[2] == "(NONE)" else (found[1], found[2])


def answered(told: str) -> bool:
    """Whether the door took the request: what stands there knows this station by another password."""
    return "HTTP/1.1 401" in told


@pytest.fixture(scope="module")
async def site(
    postgres: EmbeddedPostgres, valkey: EmbeddedValkey, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Site]:
    folder, rsa, ec = tmp_path_factory.mktemp("tls"), Authority("RSA"), Authority("EC")
    chains = [rsa.server("RSA").files(folder, "rsa"), ec.server("EC").files(folder, "ec")]
    roots = folder / "roots.pem"
    roots.write_text(rsa.pem + ec.pem)
    async with fresh_database(postgres) as database:
        house = await open_house(
            database,
            valkey.url,
            node="tls",
            connects_per_minute=100_000,
            tls_certificate=[paths[0] for paths in chains],
            tls_key=[paths[1] for paths in chains],
            tls_client_ca=roots,
            listeners=[
                {"port": 0, "profiles": [0, 1]},
                {"port": 0, "profiles": [2]},
                {"port": 0, "profiles": [2, 3]},
                {"port": 0, "profiles": [3]},
            ],
        )
        await house.register("S", security_profile=2, password="0123456789abcdef")
        await house.register("C", security_profile=3)
        yield Site(house, folder, rsa, ec, Authority(called="Nobody"))
        await house.stop()


@pytest.mark.covers("SEC-20", "TC_A_06", "TC_086", "Q17")
@pytest.mark.parametrize("version", ["-tls1", "-tls1_1"])
async def test_what_is_older_than_1_2_is_refused(site: Site, version: str) -> None:
    before = site.outcome("tls-version")
    told = await site.look(version, *OLD)
    assert spoken(told) is None
    assert re.search(r"alert protocol version|unsupported protocol|no protocols available", told), told
    assert site.outcome("tls-version") == before + 1


@pytest.mark.covers("SEC-20", "SEC-21", "TC_A_04", "TC_086", "Q17")
@pytest.mark.parametrize("suite", [*SUITES_RSA, *SUITES_EC])
@pytest.mark.parametrize("door", ["basic", "both"])
async def test_every_suite_of_the_specification_is_spoken_in_1_2(site: Site, suite: str, door: str) -> None:
    told = await site.look("-tls1_2", "-cipher", suite, door=door)
    assert spoken(told) == ("TLSv1.2", suite)
    assert answered(told)


@pytest.mark.covers("SEC-21", "Q17")
async def test_a_station_that_knows_the_old_half_alone_gets_the_stronger_of_it(site: Site) -> None:
    told = await site.look("-tls1_2", "-cipher", "AES128-GCM-SHA256:AES256-GCM-SHA384")
    assert spoken(told) == ("TLSv1.2", "AES256-GCM-SHA384")


@pytest.mark.covers("SEC-22")
@pytest.mark.parametrize("suite", WEAK)
async def test_no_other_suite_is_spoken_in_1_2(site: Site, suite: str) -> None:
    told = await site.look("-tls1_2", "-cipher", f"{suite}:@SECLEVEL=0")
    assert spoken(told) is None
    assert not answered(told)


@pytest.mark.covers("SEC-22", "TC_086")
@pytest.mark.parametrize("suite", ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"])
async def test_1_3_is_spoken(site: Site, suite: str) -> None:
    told = await site.look("-tls1_3", "-ciphersuites", suite)
    assert spoken(told) == ("TLSv1.3", suite)
    assert answered(told)


@pytest.mark.covers("SEC-21", "SEC-23", "TC_086")
@pytest.mark.parametrize(
    ("options", "kind"),
    [
        (("-tls1_2", "-cipher", "aRSA"), "RSA"),
        (("-tls1_2", "-cipher", "aECDSA"), "ECDSA"),
        (("-tls1_3", "-sigalgs", "rsa_pss_rsae_sha256:RSA+SHA256"), "RSA"),
        (("-tls1_3", "-sigalgs", "ECDSA+SHA256"), "ECDSA"),
    ],
)
async def test_a_station_of_one_kind_of_key_gets_the_chain_of_that_kind(
    site: Site, options: tuple[str, ...], kind: str
) -> None:
    told = await site.look(*options)
    assert answered(told)
    assert "Verify return code: 0 (ok)" in told
    length = {"RSA": "2048", "ECDSA": "256"}[kind]
    assert f"Server public key is {length} bit" in told


@pytest.mark.covers("SEC-22", "SEC-20")
async def test_no_compression_and_no_renegotiation(site: Site) -> None:
    told = await site.look("-tls1_2")
    assert "Compression: NONE" in told
    assert "Secure Renegotiation IS supported" in told
    process = await asyncio.create_subprocess_exec(
        *("openssl", "s_client", "-connect", f"127.0.0.1:{site.port('basic')}", "-tls1_2"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdin is not None
    process.stdin.write(b"R\n")
    await process.stdin.drain()
    told = (await asyncio.wait_for(process.communicate(), 20))[0].decode("utf-8", "replace")
    assert "no renegotiation" in told


@pytest.mark.covers("Q18")
async def test_a_client_without_a_server_name_gets_a_certificate(site: Site) -> None:
    told = await site.look("-noservername")
    assert answered(told)
    assert "Verify return code: 0 (ok)" in told


@pytest.mark.covers("SEC-30", "TC_087", "Q17")
@pytest.mark.parametrize("kind", ["RSA", "EC"])
@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
@pytest.mark.parametrize("door", ["both", "certificate"])
async def test_a_station_with_a_good_certificate_is_in(site: Site, kind: str, version: str, door: str) -> None:
    paper = (site.rsa if kind == "RSA" else site.ec).station("C", kind)
    told = await site.look(version, *site.shows(paper), door=door, path="/C")
    assert "HTTP/1.1 101" in told


@pytest.mark.covers("SEC-21", "TC_087")
@pytest.mark.parametrize("suite", [*SUITES_RSA, *SUITES_EC])
async def test_every_suite_is_spoken_with_a_certificate_too(site: Site, suite: str) -> None:
    paper = site.ec.station("C")
    told = await site.look("-tls1_2", "-cipher", suite, *site.shows(paper), door="certificate", path="/C")
    assert spoken(told) == ("TLSv1.2", suite)
    assert "HTTP/1.1 101" in told


@pytest.mark.covers("SEC-30", "TC_A_08")
@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
@pytest.mark.parametrize("door", ["both", "certificate"])
@pytest.mark.parametrize("fault", ["wrong authority", "expired", "signed by itself"])
async def test_a_bad_certificate_is_refused(site: Site, fault: str, version: str, door: str) -> None:
    match fault:
        case "wrong authority":
            paper = site.strangers.station("C")
        case "expired":
            paper = site.ec.station("C", **EXPIRED)
        case _:
            paper = Authority(called="C").paper
    before = site.outcome("client-certificate")
    told = await site.look(version, *site.shows(paper), door=door, path="/C")
    assert re.search(r"alert (unknown ca|certificate expired)", told), told
    assert "HTTP/1.1" not in told
    assert site.outcome("client-certificate") == before + 1


@pytest.mark.covers("SEC-02", "SEC-03", "SEC-30")
async def test_a_missing_certificate_is_refused_at_either_door(site: Site) -> None:
    assert "alert certificate required" in await site.look("-tls1_3", door="certificate", path="/C")
    assert "alert handshake failure" in await site.look("-tls1_2", door="certificate", path="/C")
    assert "HTTP/1.1 403" in await site.look(door="both", path="/C")
    assert "HTTP/1.1 403" in await site.look(door="basic", path="/C")


@pytest.mark.covers("SEC-02", "SEC-32", "Q123")
async def test_the_certificate_of_another_station_is_refused(site: Site) -> None:
    paper = site.ec.station("C2")
    assert "HTTP/1.1 403" in await site.look(*site.shows(paper), door="certificate", path="/C")
