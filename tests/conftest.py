"""Real servers for the tests: a Postgres and a Redis-protocol server for each worker, started when first needed."""

import asyncio
import os
import shutil
import ssl
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from csms.embedded.postgres import EmbeddedPostgres
from csms.embedded.valkey import EmbeddedValkey
from csms.storage import migrate

TEMPLATE = "csms_template"
MEMORY = Path("/dev/shm")  # only asked for its room; what is made there has a name of its own
ROOM = 1_500_000_000
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For HTTP clients that speak no TLS: each would read all roots of the machine anew."""


@pytest.fixture(scope="session")
def light_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in memory where there is room: a database of hundreds of files is made there twenty times as fast."""
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
        with tempfile.TemporaryDirectory(dir=MEMORY, prefix="csms-tests-") as folder:
            yield Path(folder)
    else:
        yield tmp_path_factory.mktemp("light")


@pytest.fixture(scope="session")
async def postgres(light_folder: Path) -> AsyncIterator[EmbeddedPostgres]:
    async with EmbeddedPostgres(light_folder / "postgres", unsafe=True) as server:
        admin = await asyncpg.connect(server.dsn)
        await admin.execute("SET scram_iterations = 1")  # thousands of connections prove that they know the password
        await admin.execute(f"ALTER ROLE postgres PASSWORD '{server.password}'")
        await admin.execute(f"CREATE DATABASE {TEMPLATE}")
        await migrate.upgrade(server.dsn_of(TEMPLATE))
        await admin.close()
        yield server


@pytest.fixture(scope="session")
async def valkey(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedValkey]:
    async with EmbeddedValkey(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@asynccontextmanager
async def fresh_database(postgres: EmbeddedPostgres) -> AsyncIterator[str]:
    """Make a database of the newest form, and remove it in the end."""
    name = f"test_{uuid.uuid4().hex}"
    admin = await asyncpg.connect(postgres.dsn)
    await admin.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY file_copy")
    yield postgres.dsn_of(name)
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.close()


@pytest.fixture
async def database(postgres: EmbeddedPostgres) -> AsyncIterator[str]:
    """A database of the newest form that only this test uses."""
    async with fresh_database(postgres) as dsn:
        yield dsn


@pytest.fixture
async def redis_url(valkey: EmbeddedValkey) -> AsyncIterator[str]:
    """An empty logical database of the server."""
    reader, writer = await asyncio.open_connection("127.0.0.1", valkey.port)
    writer.write(f"AUTH {valkey.password}\r\nFLUSHALL\r\n".encode())
    await reader.readline()
    await reader.readline()
    writer.close()
    return valkey.url
