"""What the commands do: run a node with its servers, migrate, seed."""

import asyncio
import contextlib
import gc
import os
import secrets
import signal
import sys
from collections.abc import AsyncIterator

import structlog

from csms.embedded.folder import Hold
from csms.embedded.postgres import EmbeddedPostgres
from csms.embedded.valkey import EmbeddedValkey
from csms.node import Node, Servers
from csms.settings import Environment, Role, Settings
from csms.storage import engine, installation, revisions

log = structlog.get_logger(__name__)

COLLECT_AFTER = (50_000, 20, 50)


@contextlib.asynccontextmanager
async def servers(settings: Settings) -> AsyncIterator[Servers]:
    """Give the servers that the settings name; those that they do not name are embedded."""
    async with contextlib.AsyncExitStack() as stack:
        database = None if settings.database_url is None else settings.database_url.get_secret_value()
        redis = None if settings.redis_url is None else settings.redis_url.get_secret_value()
        if database is None or redis is None:
            hold = Hold(settings.data_folder)
            stack.callback(hold.release)
        if database is None:
            postgres = EmbeddedPostgres(settings.data_folder / "postgres")
            await stack.enter_async_context(postgres)
            database = postgres.dsn
        if redis is None:
            valkey = EmbeddedValkey(settings.data_folder / "valkey")
            await stack.enter_async_context(valkey)
            redis = valkey.url
        yield Servers(database, redis)


async def serve(settings: Settings, *, demo: bool) -> None:
    """Run a node until it is told to stop."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    async with servers(settings) as where:
        node = Node(settings, where)
        loop.add_signal_handler(signal.SIGHUP, node.reload)
        try:
            await node.start()
            spare_the_collector()
            await _introduce(node, demo=demo)
            fleet = await _start_fleet(node) if demo else None
            await stopped.wait()
            log.info("stopping")
            if fleet is not None:
                fleet.terminate()
                await fleet.wait()
        finally:
            await node.stop()


def spare_the_collector() -> None:
    """Keep the garbage collector from walking what lives as long as the program; see decision 0006."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


async def _introduce(node: Node, *, demo: bool) -> None:
    """Tell the operator where things are; secrets are told once, when they are made."""
    settings = node.settings
    if demo:
        await installation.add_demo(node.pool)
    if settings.environment is Environment.DEVELOPMENT:
        password = await installation.add_first_operator(node.pool, settings.operator_email)
        if password is not None:
            print(f"First operator: {settings.operator_email}  password (told once): {password}", flush=True)
        if settings.bootstrap_api_key is None and not await node.pool.fetchval("SELECT count(*) FROM api_keys"):
            key = secrets.token_urlsafe(24)
            await installation.add_api_key(node.pool, "first", key)
            print(f"First API key (told once): {key}", flush=True)
    for door in node.listeners:
        print(f"Stations:  {door.scheme}://{settings.ocpp_host}:{door.port}/<station>", flush=True)
    if node.web is not None and Role.API in settings.roles:
        print(f"REST:      http://{settings.web_host}:{node.web.port}/api/v1  (X-API-Key)", flush=True)
    elif node.web is not None:
        print(f"Health:    http://{settings.health_host}:{node.web.port}/readyz", flush=True)


async def _start_fleet(node: Node) -> asyncio.subprocess.Process:
    """Start the simulated fleet of the demo, in a process of its own as real stations would be.

    It ends with us even if we are killed: the next demo brings one of the same names.
    """
    told = ("--url", f"ws://127.0.0.1:{node.listeners[0].port}", "--demo", "--parent", str(os.getpid()))
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "simulators", "fleet", *told), stdin=asyncio.subprocess.DEVNULL
    )


async def migrate_database(settings: Settings) -> None:
    """Bring the database to the newest form."""
    async with servers(settings) as where:
        await revisions.upgrade(where.database_url)


async def seed(settings: Settings) -> None:
    """Add the demo network and the first operator."""
    async with servers(settings) as where:
        await revisions.upgrade(where.database_url)
        pool = await engine.open_pool(where.database_url, size=2)
        stations = await installation.add_demo(pool)
        password = await installation.add_first_operator(pool, settings.operator_email)
        await pool.close()
    print(f"{len(stations)} stations")
    if password is not None:
        print(f"First operator: {settings.operator_email}  password (told once): {password}")
