"""What the program says when it cannot start, and how it leaves."""

import asyncio
import os
import socket
import sys
from pathlib import Path

import asyncpg
import pytest

from csms.authority.local import LocalAuthority
from csms.kit.clock import SystemClock
from csms.kit.x509 import read_certificates
from csms.storage import revisions
from tests.papers import name, new_key, request_for

SECRET = "nobody-may-read-this"
START_WITHIN_S = 60
PASSED_ON = ("PATH", "HOME", "COVERAGE_")

PORTS = dict.fromkeys(("CSMS_OCPP_PORT", "CSMS_WEB_PORT", "CSMS_FILES_PORT", "CSMS_FTP_PORT"), "0")


async def run(*arguments: str, **environment: str) -> tuple[int, str]:
    """Run the program until it ends; return its exit code and all that it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "csms.cli", *arguments),
        env={name: value for name, value in os.environ.items() if name.startswith(PASSED_ON)} | environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(START_WITHIN_S):
        said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode()


def sentence(said: str) -> str:
    """Return what the program said last, which must be all but log lines."""
    assert "Traceback" not in said
    return said[said.index("csms: ") :].strip()


async def test_all_bad_settings_are_told_at_once_without_their_secrets() -> None:
    code, said = await run(
        *("serve", "--roles", "gateway,nonsense"),
        CSMS_OCPP_PORT="99999",
        CSMS_NODE="a b",
        CSMS_HEARTBEATS="60",
        CSMS_TLS_KEY="/a/key",
        CSMS_ENVIRONMENT="production",
        DATABASE_URL=f"mysql://user:{SECRET}@host/db",
    )
    assert code == 1
    told = sentence(said)
    names = (
        "CSMS_OCPP_PORT",
        "CSMS_NODE",
        "CSMS_ROLES",
        "CSMS_HEARTBEATS",
        "CSMS_TLS_CERTIFICATE",
        "DATABASE_URL",
        "REDIS_URL",
    )
    assert [name for name in names if f"  {name}" not in told] == []
    assert SECRET not in said


async def test_settings_are_printed_with_their_secrets_masked() -> None:
    code, said = await run("settings", DATABASE_URL=f"postgresql://user:{SECRET}@host/db", CSMS_HEARTBEAT_S="77")
    assert code == 0
    assert '"heartbeat_s": 77' in said
    assert SECRET not in said


async def test_a_database_that_is_not_there_is_named_with_its_setting(tmp_path: Path, redis_url: str) -> None:
    code, said = await run(
        "serve",
        DATABASE_URL=f"postgresql://user:{SECRET}@127.0.0.1:{unused_port()}/db",
        REDIS_URL=redis_url,
        CSMS_DATA_FOLDER=str(tmp_path),
    )
    assert code == 1
    assert sentence(said).startswith("csms: DATABASE_URL: no database at postgresql://user:***@127.0.0.1")
    assert SECRET not in said


async def test_a_redis_that_is_not_there_is_named_with_its_setting(tmp_path: Path, database: str) -> None:
    code, said = await run(
        "serve",
        DATABASE_URL=database,
        REDIS_URL=f"redis://:{SECRET}@127.0.0.1:{unused_port()}/0",
        CSMS_DATA_FOLDER=str(tmp_path),
    )
    assert code == 1
    assert sentence(said).startswith("csms: REDIS_URL: no server at redis://:***@127.0.0.1")
    assert SECRET not in said


@pytest.mark.parametrize("setting", PORTS)
async def test_a_port_in_use_is_named(setting: str, tmp_path: Path, database: str, redis_url: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ports = {**PORTS, setting: str(port)}
        code, said = await run(
            "serve",
            DATABASE_URL=database,
            REDIS_URL=redis_url,
            CSMS_DATA_FOLDER=str(tmp_path),
            CSMS_OCPP_HOST="127.0.0.1",
            CSMS_FILES_HOST="127.0.0.1",
            **ports,
        )
    assert code == 1
    assert sentence(said) == f"csms: {setting}: cannot listen at 127.0.0.1:{port}: Address already in use"


@pytest.mark.parametrize("setting", ["CSMS_OCPP_HOST", "CSMS_WEB_HOST"])
async def test_an_address_that_is_not_ours_is_named(
    setting: str, tmp_path: Path, database: str, redis_url: str
) -> None:
    hosts = {"CSMS_OCPP_HOST": "127.0.0.1", "CSMS_WEB_HOST": "127.0.0.1", setting: "203.0.113.9"}
    code, said = await run(
        "serve",
        DATABASE_URL=database,
        REDIS_URL=redis_url,
        CSMS_DATA_FOLDER=str(tmp_path),
        **PORTS,
        **hosts,
    )
    assert code == 1
    assert sentence(said) == f"csms: {setting}: cannot listen at 203.0.113.9:0: Cannot assign requested address"


async def test_a_data_folder_that_cannot_be_one_is_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    code, said = await run("serve", CSMS_DATA_FOLDER=str(file))
    assert code == 1
    assert sentence(said) == f"csms: CSMS_DATA_FOLDER: cannot write to {file}: File exists"


@pytest.mark.parametrize(
    ("made_older", "found"),
    [("DROP TABLE alembic_version", "none"), ("UPDATE alembic_version SET version_num = '0001'", "0001")],
)
async def test_production_does_not_start_on_a_database_that_lacks_migrations(
    made_older: str, found: str, database: str, redis_url: str
) -> None:
    connection = await asyncpg.connect(database)
    await connection.execute(made_older)
    await connection.close()
    code, said = await run("serve", CSMS_ENVIRONMENT="production", DATABASE_URL=database, REDIS_URL=redis_url)
    assert code == 1
    assert sentence(said).startswith(f"csms: DATABASE_URL: the database is at migration {found} and needs ")
    assert "`csms migrate`" in said


async def test_a_database_that_is_ahead_of_the_program_is_good(database: str) -> None:
    async with asyncpg.create_pool(database, min_size=1, max_size=1) as pool:
        await pool.execute("UPDATE alembic_version SET version_num = '9999'")
        await revisions.check(pool)


async def test_a_certificate_that_cannot_be_read_is_named(tmp_path: Path, database: str, redis_url: str) -> None:
    code, said = await run(
        "serve",
        DATABASE_URL=database,
        REDIS_URL=redis_url,
        CSMS_DATA_FOLDER=str(tmp_path),
        CSMS_OCPP_HOST="127.0.0.1",
        **PORTS,
        CSMS_TLS_CERTIFICATE=str(tmp_path / "missing.pem"),
        CSMS_TLS_KEY=str(tmp_path / "missing.key"),
    )
    assert code == 1
    assert sentence(said).startswith("csms: CSMS_TLS_CERTIFICATE, CSMS_TLS_KEY, CSMS_TLS_CLIENT_CA: ")


async def test_migrate_brings_an_empty_database_to_the_newest_form_twice(
    tmp_path: Path, database: str, redis_url: str
) -> None:
    for _ in range(2):
        code, said = await run("migrate", DATABASE_URL=database, REDIS_URL=redis_url, CSMS_DATA_FOLDER=str(tmp_path))
        assert code == 0, said


async def test_seeding_twice_adds_the_demo_network_once_and_tells_a_password_once(
    tmp_path: Path, database: str, redis_url: str
) -> None:
    told = []
    for _ in range(2):
        code, said = await run("seed", DATABASE_URL=database, REDIS_URL=redis_url, CSMS_DATA_FOLDER=str(tmp_path))
        assert code == 0, said
        assert "24 stations" in said
        told.append(said.count("password (told once): "))
    assert told == [1, 0]


def unused_port() -> int:
    """Return a port at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_an_authority_is_made_once_and_its_key_is_its_owners(tmp_path: Path) -> None:
    for kind in ("EC", "RSA"):
        folder = tmp_path / kind
        code, said = await run("ca", "create", str(folder), "--kind", kind, "--days", "30")
        assert code == 0, said
        named = dict(line.split("=", 1) for line in said.splitlines() if line.startswith("CSMS_"))
        key = Path(named["CSMS_CA_KEY"])
        assert (await asyncio.to_thread(os.stat, key)).st_mode & 0o777 == 0o600
        authority = LocalAuthority(
            certificate=Path(named["CSMS_CA_CERTIFICATE"]), key=key, password=None, days=3, clock=SystemClock()
        )
        (leaf,) = read_certificates(await authority.sign(request_for(name(cn="S"), new_key("EC"))))
        assert leaf.subject.common_names == ("S",)
        code, said = await run("ca", "create", str(folder))
        assert (code, "ca.pem" in sentence(said)) == (1, True)
