"""Real servers out of wheels: from a relative folder, under a closed home, after a crash."""

import asyncio
import os
import signal
from pathlib import Path

import asyncpg
import pytest

from csms.embedded.folder import Hold
from csms.embedded.postgres import EmbeddedPostgres
from csms.embedded.valkey import EmbeddedValkey
from csms.kit.failures import StartFailed
from tests.eventually import eventually


async def test_both_start_from_a_relative_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with EmbeddedPostgres(Path("data/postgres"), unsafe=True) as postgres, EmbeddedValkey(Path("data/valkey")):
        connection = await asyncpg.connect(postgres.dsn)
        assert await connection.fetchval("SELECT lower('\u017b')") == "\u017c"
        await connection.close()


async def test_postgres_starts_under_a_folder_that_only_its_owner_may_enter(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    async with EmbeddedPostgres(closed / "postgres", unsafe=True) as postgres:
        assert postgres.pid is not None


async def test_a_server_that_dies_is_started_again_at_the_same_port(tmp_path: Path) -> None:
    async with EmbeddedValkey(tmp_path / "valkey") as valkey:
        first, port = valkey.pid, valkey.port
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await eventually(lambda: valkey.pid != first)
        await eventually(valkey.is_ready)
        assert valkey.port == port


async def test_what_an_earlier_life_left_behind_is_stopped_first(tmp_path: Path) -> None:
    left = EmbeddedPostgres(tmp_path / "postgres", unsafe=True)
    await left.start()
    connection = await asyncpg.connect(left.dsn)
    await connection.execute("CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)")
    await connection.close()
    left.pause_watching()
    left._log.close()  # as after a SIGKILL of the program: nobody watches, the server lives
    reaper = asyncio.create_task(asyncio.to_thread(left._process.wait))
    async with EmbeddedPostgres(tmp_path / "postgres", unsafe=True) as again:
        connection = await asyncpg.connect(again.dsn)
        assert await connection.fetchval("SELECT n FROM kept") == 7
        await connection.close()
    await reaper


async def test_passwords_are_for_their_owner_alone(tmp_path: Path) -> None:
    async with EmbeddedPostgres(tmp_path / "postgres", unsafe=True) as postgres:
        assert (postgres.folder / "password").stat().st_mode & 0o077 == 0
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(postgres.dsn.replace(postgres.password, "guessed"))


def test_a_folder_belongs_to_one_program(tmp_path: Path) -> None:
    hold = Hold(tmp_path)
    with pytest.raises(StartFailed, match="CSMS_DATA_FOLDER"):
        Hold(tmp_path)
    hold.release()
    Hold(tmp_path).release()
