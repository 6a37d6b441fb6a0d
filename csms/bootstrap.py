"""The one place where ports meet adapters, and handlers meet actors."""

import asyncio
import contextlib
import gc
import hashlib
import logging
import secrets
import signal
import socket
import ssl
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import asyncpg
import structlog
from redis.asyncio import Redis

from csms.actors.house import StationHouse
from csms.actors.tools import Policy, Tools
from csms.cluster import client as redis_client
from csms.cluster.calls import ClusterCalls
from csms.cluster.directory import RedisDirectory, listen_for_claims
from csms.cluster.events import EventReader, StreamPublisher
from csms.cluster.keys import Keys
from csms.embedded.folder import Hold
from csms.embedded.postgres import EmbeddedPostgres
from csms.embedded.valkey import EmbeddedValkey
from csms.features import routers
from csms.gateway.context import Context
from csms.gateway.credentials import PasswordCheck
from csms.gateway.doorman import Doorman
from csms.gateway.listener import StationListener
from csms.gateway.turnstile import Turnstile
from csms.kit.clock import Clock, SystemClock
from csms.kit.metrics import Metrics
from csms.kit.tasks import Tasks
from csms.ocpp import schemas
from csms.ocpp.link import Limits
from csms.ocpp.version import Version
from csms.settings import Environment, MissingSubprotocol, Role, Settings
from csms.storage import engine, installation, migrate
from csms.storage.archive import PostgresArchive
from csms.storage.frames import PostgresFrameLog
from csms.storage.journal import PostgresJournal
from csms.storage.outbox import OutboxRelay
from csms.storage.presence import PostgresPresence
from csms.storage.progress import SessionProgress
from csms.storage.registry import PostgresOwnership, PostgresRegistry, PostgresTokens
from csms.web.app import build_app
from csms.web.desk import Desk
from csms.web.server import WebServer
from handlers.phrasebook import VersionedPhrasebook
from handlers.v16 import V16
from handlers.v21 import V21
from handlers.v201 import V201

log = structlog.get_logger(__name__)

SWEEP_S = 10.0
COLLECT_AFTER = (50_000, 20, 50)


@dataclass(frozen=True, slots=True)
class Servers:
    """Where the database and the Redis-protocol server are."""

    database_url: str
    redis_url: str


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


class Node:
    """One process of the system: built from its settings, started, and stopped backwards."""

    def __init__(self, settings: Settings, where: Servers) -> None:
        self.settings = settings
        self.where = where
        self.name = settings.node or f"{socket.gethostname()}-{secrets.token_hex(4)}"
        self.clock: Clock = SystemClock()
        self.tasks = Tasks()
        self.metrics = Metrics()
        self.keys = Keys()
        self.secret = b""
        self.pool: asyncpg.Pool[asyncpg.Record]
        self.redis: Redis
        self.house: StationHouse
        self.journal: PostgresJournal
        self.web: WebServer | None = None
        self.listeners: list[StationListener] = []

    async def start(self) -> None:
        """Start every role; raise `StartFailed` with a sentence for the operator."""
        await self._open_stores()
        self._build_house()
        if Role.GATEWAY in self.settings.roles:
            await self._start_gateway()
        if Role.WORKER in self.settings.roles:
            self._start_worker()
        if Role.API in self.settings.roles:
            await self._start_api()

    async def stop(self) -> None:
        """Stop accepting, drain, finish turns, flush, close."""
        if self.web is not None:
            await self.web.stop()
        for listener in self.listeners:
            await listener.stop_accepting()
        for listener in self.listeners:
            await listener.drain(batch=self.settings.drain_batch, pause_s=self.settings.drain_pause_s)
        await self._flush()
        await self.directory.leave()
        await self.tasks.stop()
        await self.journal.close()
        self.executor.shutdown(wait=False)
        await self.pool.close()
        await self.redis.aclose()

    async def _flush(self) -> None:
        deadline = self.clock.monotonic() + 5.0
        while not all(actor.idle for actor in self.house.actors) and self.clock.monotonic() < deadline:
            await asyncio.sleep(0.01)
        await self.presence.write()
        await self.progress.write()
        await self.frames.write()

    async def _open_stores(self) -> None:
        self.pool = await engine.open_pool(self.where.database_url, size=self.settings.database_pool)
        self.redis = redis_client.open_client(self.where.redis_url)
        await redis_client.check(self.redis, self.where.redis_url)
        if self.settings.environment is Environment.DEVELOPMENT:
            await migrate.upgrade(self.where.database_url)
        self.secret = await installation.key_of(self.pool, "secret")
        if self.settings.bootstrap_api_key is not None:
            await installation.add_api_key(self.pool, "bootstrap", self.settings.bootstrap_api_key.get_secret_value())

    def _build_house(self) -> None:
        settings, connect = self.settings, partial(engine.connect, self.where.database_url)
        self.progress = SessionProgress(pool=self.pool)
        self.journal = PostgresJournal(
            connect=connect, tasks=self.tasks, progress=self.progress, hold_s=settings.journal_hold_s
        )
        self.presence = PostgresPresence(pool=self.pool, clock=self.clock, node=self.name)
        self.frames = PostgresFrameLog(pool=self.pool, clock=self.clock, keep_days=settings.frames_keep_days)
        self.registry = PostgresRegistry(pool=self.pool, tasks=self.tasks)
        self.directory = RedisDirectory(
            client=self.redis, keys=self.keys, node=self.name, owned=lambda: self.house.owned()
        )
        gated = frozenset({Version.V16} if settings.gate_16 else ()) | frozenset(
            {Version.V201, Version.V21} if settings.gate_2x else ()
        )
        tools = Tools(
            journal=self.journal,
            archive=PostgresArchive(pool=self.pool, tasks=self.tasks, number_key=self._key("numbers")),
            registry=self.registry,
            tokens=PostgresTokens(pool=self.pool, tasks=self.tasks),
            presence=self.presence,
            clock=self.clock,
            tasks=self.tasks,
            dialects={Version.V16: V16, Version.V201: V201, Version.V21: V21},
            policy=Policy(heartbeat_s=settings.heartbeat_s, call_timeout_s=settings.call_timeout_s, gated=gated),
        )
        ownership = PostgresOwnership(pool=self.pool, tasks=self.tasks, node=self.name)
        self.house = StationHouse(tools=tools, ownership=ownership, directory=self.directory, journal=self.journal)
        self.calls = ClusterCalls(
            client=self.redis,
            keys=self.keys,
            node=self.name,
            directory=self.directory,
            local=self.house,
            clock=self.clock,
            tasks=self.tasks,
        )
        self.executor = ThreadPoolExecutor(max_workers=2, thread_name_prefix="passwords")
        self.tasks.spawn(self.directory.run(), name="directory")
        self.tasks.spawn(self.calls.serve(), name="calls")

    def _key(self, name: str) -> bytes:
        return hashlib.blake2b(self.secret, person=name.encode()[:16], digest_size=32).digest()

    async def _start_gateway(self) -> None:
        settings = self.settings
        doorman = Doorman(
            registry=self.registry,
            house=self.house,
            passwords=PasswordCheck(executor=self.executor, key=secrets.token_bytes(32)),
            turnstile=Turnstile(
                per_minute=settings.connects_per_minute, clock=self.clock, exempt=settings.exempt_networks
            ),
            metrics=self.metrics,
            assume_16=settings.missing_subprotocol is MissingSubprotocol.ASSUME_16,
        )
        wire_log = logging.getLogger("csms.wire")
        wire_log.setLevel(logging.CRITICAL)
        context = Context(
            doorman=doorman,
            house=self.house,
            frames=self.frames,
            clock=self.clock,
            tasks=self.tasks,
            metrics=self.metrics,
            gate=asyncio.Semaphore(settings.handshakes_at_once),
            limits=Limits(max_depth=settings.max_depth, gap_s=settings.call_gap_s),
            max_frame=settings.max_frame_bytes,
            wire_log=wire_log,
            handshake_timeout_s=settings.handshake_timeout_s,
            pending=settings.pending_connections,
            silence_s=settings.silence_s,
            heartbeat_s=settings.heartbeat_s,
            ping_s=settings.ping_s,
            frames_per_second=settings.frames_per_second,
        )
        listener = StationListener(
            context=context, host=settings.ocpp_host, port=settings.ocpp_port, reuse_port=settings.ocpp_reuse_port
        )
        self.listeners.append(listener)
        if settings.tls_certificate is not None and settings.tls_key is not None:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.minimum_version = ssl.TLSVersion.TLSv1_2
            tls.load_cert_chain(settings.tls_certificate, settings.tls_key)
            self.listeners.append(
                StationListener(context=context, host=settings.ocpp_host, port=settings.tls_port, tls=tls)
            )
        await self.presence.forget_node()
        for listener in self.listeners:
            await listener.start()
        self.tasks.spawn(self.presence.run(), name="presence")
        self.tasks.spawn(self.frames.run(), name="frames")
        self.tasks.spawn(self.progress.run(), name="progress")
        self.tasks.spawn(self.house.run_sweeps(SWEEP_S), name="house/sweep")
        self.tasks.spawn(listen_for_claims(self.redis, self.keys, self.name, self.house.superseded), name="claims")

    def _start_worker(self) -> None:
        relay = OutboxRelay(
            connect=partial(engine.connect, self.where.database_url),
            publisher=StreamPublisher(client=self.redis, keys=self.keys),
        )
        self.journal.on_written = relay.wake
        self.tasks.spawn(relay.run(), name="outbox")
        self.tasks.spawn(self.progress.run_catch_up(), name="progress/catch-up")

    async def _start_api(self) -> None:
        events = EventReader(client=self.redis, keys=self.keys)
        self.tasks.spawn(events.run(), name="events")
        desk = Desk(
            pool=self.pool,
            calls=self.calls,
            live=events,
            phrasebook=VersionedPhrasebook(),
            settle=self.progress.write,
            check=lambda protocol, action, payload: schemas.check_call(Version(protocol), action, payload),
            health=self._health,
            clock=self.clock,
            metrics=self.metrics,
            call_timeout_s=self.settings.call_timeout_s,
        )
        app = build_app(desk=desk, routers=routers())
        self.web = WebServer(app=app, host=self.settings.web_host, port=self.settings.web_port, tasks=self.tasks)
        await self.web.start()

    def _health(self) -> dict[str, bool]:
        return {"database": self.journal.ready, "redis": self.directory.available}


async def serve(settings: Settings, *, demo: bool) -> None:
    """Run a node until it is told to stop."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    async with servers(settings) as where:
        node = Node(settings, where)
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
    if node.listeners:
        print(f"Stations:  ws://{settings.ocpp_host}:{node.listeners[0].port}/<station>", flush=True)
    if node.web is not None:
        print(f"REST:      http://{settings.web_host}:{node.web.port}/api/v1  (X-API-Key)", flush=True)


async def _start_fleet(node: Node) -> asyncio.subprocess.Process:
    """Start the simulated fleet of the demo, in a process of its own as real stations would be."""
    url = f"ws://127.0.0.1:{node.listeners[0].port}"
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simulators", "fleet", "--url", url, "--demo", stdin=asyncio.subprocess.DEVNULL
    )


async def migrate_database(settings: Settings) -> None:
    """Bring the database to the newest form."""
    async with servers(settings) as where:
        await migrate.upgrade(where.database_url)


async def seed(settings: Settings) -> None:
    """Add the demo network and the first operator."""
    async with servers(settings) as where:
        await migrate.upgrade(where.database_url)
        pool = await engine.open_pool(where.database_url, size=2)
        stations = await installation.add_demo(pool)
        password = await installation.add_first_operator(pool, settings.operator_email)
        await pool.close()
    print(f"{len(stations)} stations")
    if password is not None:
        print(f"First operator: {settings.operator_email}  password (told once): {password}")
