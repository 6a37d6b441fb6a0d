"""The revisions are frozen, and lead from nothing to what the tables say."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import asyncpg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from csms.embedded.postgres import EmbeddedPostgres
from csms.kit.failures import StartFailed
from csms.storage import migrate, revisions
from csms.storage.engine import connect_patiently
from csms.storage.tables import facts, fleet, metadata
from tests.eventually import eventually

OURS = "c.relnamespace = 'public'::regnamespace AND c.relname !~ '^(frames_.*|alembic_version)'"
CATALOGUE = {
    "columns": f"""
        SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity::text,
            (SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d WHERE d.adrelid = c.oid AND d.adnum = a.attnum)
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE c.relkind IN ('r', 'p') AND {OURS}
    """,
    "tables": f"""
        SELECT c.relname, c.relkind::text, c.reloptions, pg_get_partkeydef(c.oid)
        FROM pg_class c WHERE c.relkind IN ('r', 'p') AND {OURS}
    """,
    "indexes": f"""
        SELECT c.relname, pg_get_indexdef(i.indexrelid)
        FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE {OURS}
    """,
    "constraints": f"""
        SELECT c.relname, k.conname, pg_get_constraintdef(k.oid)
        FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid WHERE {OURS}
    """,
    "sequences": """
        SELECT sequencename, data_type::text, start_value, min_value, max_value, increment_by, cycle, cache_size
        FROM pg_sequences
    """,
}

NewDatabase = Callable[[], Awaitable[str]]


@pytest.fixture
async def new_database(postgres: EmbeddedPostgres) -> AsyncIterator[NewDatabase]:
    names: list[str] = []

    async def make() -> str:
        names.append(f"empty_{uuid.uuid4().hex}")
        await admin.execute(f"CREATE DATABASE {names[-1]}")
        return postgres.dsn_of(names[-1])

    admin = await asyncpg.connect(postgres.dsn)
    yield make
    for name in names:
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.close()


async def on(dsn: str, work: Callable[[Connection], Any]) -> Any:
    engine = create_async_engine("postgresql+asyncpg://", async_creator=lambda: connect_patiently(dsn))
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()


async def catalogue(dsn: str) -> dict[str, set[tuple[Any, ...]]]:
    connection = await asyncpg.connect(dsn)
    try:
        return {
            what: {
                tuple(tuple(part) if isinstance(part, list) else part for part in row)
                for row in await connection.fetch(query)
            }
            for what, query in CATALOGUE.items()
        }
    finally:
        await connection.close()


async def fetch(dsn: str, query: str) -> list[Any]:
    connection = await asyncpg.connect(dsn)
    try:
        return [row[0] for row in await connection.fetch(query)]
    finally:
        await connection.close()


def is_no_partition(name: str | None, kind: str, _: Any) -> bool:
    return kind != "table" or name is None or not name.startswith(("frames_", "alembic_version"))


async def test_the_migrated_schema_is_what_the_tables_say(database: str) -> None:
    def differences(connection: Connection) -> list[Any]:
        options = {"compare_type": True, "compare_server_default": True, "include_name": is_no_partition}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))

    assert facts.journal.metadata is fleet.assignments.metadata is metadata
    assert await on(database, differences) == []


async def test_the_migrated_catalogue_is_that_of_the_tables_to_the_last_option(
    database: str, new_database: NewDatabase
) -> None:
    made = await new_database()
    await on(made, metadata.create_all)
    migrated, said = await catalogue(database), await catalogue(made)
    for what in CATALOGUE:
        assert said[what]
        assert migrated[what] == said[what], what


async def test_a_table_that_changes_does_not_change_an_old_revision() -> None:
    for revision in (revisions.folder() / "versions").glob("*.py"):
        text = revision.read_text()
        assert "csms" not in text.partition("revision =")[0], f"{revision.name} knows the tables of today"
        assert "metadata" not in text


def test_revisions_are_known_by_the_names_of_their_files_in_the_order_in_which_they_follow() -> None:
    scripts = ScriptDirectory(str(revisions.folder()))
    assert list(revisions.known()) == [script.revision for script in scripts.walk_revisions()][::-1]
    assert scripts.get_heads() == [revisions.known()[-1]]


async def test_upgrading_twice_changes_nothing(new_database: NewDatabase) -> None:
    dsn = await new_database()
    await migrate.upgrade(dsn)
    once = await catalogue(dsn)
    await migrate.upgrade(dsn)
    assert await catalogue(dsn) == once


async def test_going_all_the_way_back_leaves_nothing_and_the_way_can_be_gone_again(new_database: NewDatabase) -> None:
    def down(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(revisions.folder()))
        config.attributes["connection"] = connection
        command.downgrade(config, "base")

    dsn = await new_database()
    await migrate.upgrade(dsn)
    before = await catalogue(dsn)
    await on(dsn, down)
    assert {what: len(rows) for what, rows in (await catalogue(dsn)).items()} == dict.fromkeys(CATALOGUE, 0)
    await migrate.upgrade(dsn)
    assert await catalogue(dsn) == before


async def test_nodes_that_start_together_migrate_once(new_database: NewDatabase) -> None:
    dsn = await new_database()
    async with asyncio.TaskGroup() as nodes:
        for _ in range(4):
            nodes.create_task(migrate.upgrade(dsn))
    assert await fetch(dsn, "SELECT count(*) FROM alembic_version") == [1]


async def test_a_node_waits_while_another_one_migrates(new_database: NewDatabase) -> None:
    dsn = await new_database()
    other = await asyncpg.connect(dsn)
    await other.execute("SELECT pg_advisory_lock($1)", migrate.ONE_AT_A_TIME)
    waiting = asyncio.create_task(migrate.upgrade(dsn))
    await eventually(lambda: fetch(dsn, "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"))
    assert await fetch(dsn, "SELECT to_regclass('stations')::text") == [None]
    await other.close()
    await waiting
    assert await fetch(dsn, "SELECT to_regclass('stations')::text") == ["stations"]


async def test_the_lock_is_given_back_when_a_migration_is_done(new_database: NewDatabase) -> None:
    dsn = await new_database()
    await migrate.upgrade(dsn)
    assert await eventually(lambda: fetch(dsn, f"SELECT 1 WHERE pg_try_advisory_lock({migrate.ONE_AT_A_TIME})"))


async def test_options_in_the_url_are_for_the_driver(new_database: NewDatabase) -> None:
    dsn = await new_database()
    await migrate.upgrade(dsn + "?sslmode=prefer&application_name=ours")
    assert await fetch(dsn, "SELECT to_regclass('stations')::text") == ["stations"]


async def test_a_database_that_lets_nobody_in_is_named_without_its_password(postgres: EmbeddedPostgres) -> None:
    wrong = postgres.dsn.replace(postgres.password, "a:secret@with/signs")
    with pytest.raises(StartFailed, match="DATABASE_URL") as failed:
        await migrate.upgrade(wrong)
    assert "secret" not in str(failed.value)
    assert "signs" not in str(failed.value)
