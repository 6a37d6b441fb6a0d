"""One process of the system, where ports meet adapters and handlers meet actors."""

import asyncio
import contextlib
import hashlib
import logging
import secrets
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import asyncpg
from redis.asyncio import Redis

from csms.actors.house import StationHouse
from csms.actors.tools import Policy, Tools
from csms.cluster import client as redis_client
from csms.cluster.calls import ClusterCalls
from csms.cluster.directory import RedisDirectory, listen_for_claims
from csms.cluster.events import EventReader, StreamPublisher
from csms.cluster.keys import Keys
from csms.features import routers
from csms.gateway.context import Context
from csms.gateway.credentials import PasswordCheck
from csms.gateway.doorman import Doorman
from csms.gateway.listener import StationListener
from csms.gateway.tls import tls_of
from csms.gateway.turnstile import Turnstile
from csms.kit.clock import Clock, SystemClock
from csms.kit.metrics import Metrics
from csms.kit.tasks import Tasks
from csms.ocpp import schemas
from csms.ocpp.link import Limits
from csms.ocpp.version import Version
from csms.settings import Environment, MissingSubprotocol, Role, Settings
from csms.storage import engine, housekeeping, installation, migrate
from csms.storage.archive import PostgresArchive
from csms.storage.frames import PostgresFrameLog
from csms.storage.journal import PostgresJournal
from csms.storage.nodes import PostgresNodes
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

SWEEP_S = 10.0
FINISH_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True)
class Servers:
    """Where the database and the Redis-protocol server are."""

    database_url: str
    redis_url: str


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
        self._undo = contextlib.AsyncExitStack()

    async def start(self) -> None:
        """Start every role; raise `StartFailed` with a sentence for the operator, and nothing is left running."""
        try:
            await self._open_stores()
            self._build_house()
            if self.settings.roles & {Role.GATEWAY, Role.WORKER}:
                await self.nodes.enter()
                self.tasks.spawn(self.nodes.run(), name="nodes")
            if Role.GATEWAY in self.settings.roles:
                await self._start_gateway()
            if Role.WORKER in self.settings.roles:
                self._start_worker()
            if Role.API in self.settings.roles:
                await self._start_api()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Undo what was started, the last first: stop accepting, drain, finish turns, flush, close."""
        await self._undo.aclose()

    async def _drain(self) -> None:
        for listener in self.listeners:
            await listener.drain(batch=self.settings.drain_batch, pause_s=self.settings.drain_pause_s)

    async def _flush(self) -> None:
        deadline = self.clock.monotonic() + FINISH_WITHIN_S
        while not all(actor.idle for actor in self.house.actors) and self.clock.monotonic() < deadline:
            await asyncio.sleep(0.01)
        for store in (self.presence, self.progress, self.frames):
            await store.write()

    async def _open_stores(self) -> None:
        self.redis = redis_client.open_client(self.where.redis_url)
        self._undo.push_async_callback(self.redis.aclose)
        await redis_client.check(self.redis, self.where.redis_url)
        self.pool = await engine.open_pool(self.where.database_url, size=self.settings.database_pool)
        self._undo.push_async_callback(self.pool.close)
        development = self.settings.environment is Environment.DEVELOPMENT
        await (migrate.upgrade(self.where.database_url) if development else migrate.check(self.pool))
        self.secret = await installation.key_of(self.pool, "secret")
        if self.settings.bootstrap_api_key is not None:
            await installation.add_api_key(self.pool, "bootstrap", self.settings.bootstrap_api_key.get_secret_value())

    def _build_house(self) -> None:
        settings, connect = self.settings, partial(engine.connect, self.where.database_url)
        self.progress = SessionProgress(pool=self.pool)
        self.journal = PostgresJournal(
            connect=connect, tasks=self.tasks, progress=self.progress, hold_s=settings.journal_hold_s
        )
        self._build_presence()
        self.frames = PostgresFrameLog(pool=self.pool, clock=self.clock, keep_days=settings.frames_keep_days)
        self.metrics.frames_dropped.set_function(lambda: self.frames.dropped)
        self.registry = PostgresRegistry(pool=self.pool, tasks=self.tasks)
        self.directory = RedisDirectory(
            client=self.redis, keys=self.keys, node=self.name, owned=lambda: self.house.owned()
        )
        ownership = PostgresOwnership(pool=self.pool, tasks=self.tasks, node=self.name)
        self.house = StationHouse(
            tools=self._tools(), ownership=ownership, directory=self.directory, journal=self.journal
        )
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
        self._undo.callback(self.executor.shutdown, wait=False)
        self._undo.push_async_callback(self.journal.close)
        self._undo.push_async_callback(self.nodes.leave)
        self._undo.push_async_callback(self.tasks.stop)
        self._undo.push_async_callback(self.directory.leave)
        self._undo.push_async_callback(self._flush)
        self.tasks.spawn(self.directory.carry_out(), name="directory")
        self.tasks.spawn(self.directory.beat(), name="directory/beat")
        self.tasks.spawn(self.calls.take_calls(), name="calls")
        self.tasks.spawn(self.calls.take_reports(), name="calls/reports")

    def _build_presence(self) -> None:
        self.presence = PostgresPresence(
            pool=self.pool,
            clock=self.clock,
            node=self.name,
            here=lambda: self.house.signs(),
            every_s=self.settings.presence_s,
        )
        self.nodes = PostgresNodes(
            pool=self.pool,
            clock=self.clock,
            node=self.name,
            silence_s=self.settings.node_silence_s,
            resurrected=self.presence.begin_round,
        )

    def _tools(self) -> Tools:
        settings = self.settings
        gated = frozenset({Version.V16} if settings.gate_16 else ()) | frozenset(
            {Version.V201, Version.V21} if settings.gate_2x else ()
        )
        return Tools(
            journal=self.journal,
            archive=PostgresArchive(pool=self.pool, tasks=self.tasks, number_key=self._key("numbers")),
            registry=self.registry,
            tokens=PostgresTokens(pool=self.pool, tasks=self.tasks),
            presence=self.presence,
            clock=self.clock,
            tasks=self.tasks,
            dialects={Version.V16: V16, Version.V201: V201, Version.V21: V21},
            phrasebook=VersionedPhrasebook(),
            policy=Policy(
                heartbeat_s=settings.heartbeat_s,
                call_timeout_s=settings.call_timeout_s,
                gated=gated,
                upkeep_settle_s=settings.upkeep_settle_s,
            ),
        )

    def _key(self, name: str) -> bytes:
        return hashlib.blake2b(self.secret, person=name.encode()[:16], digest_size=32).digest()

    def _context(self) -> Context:
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
        return Context(
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

    async def _start_gateway(self) -> None:
        settings, context = self.settings, self._context()
        self.listeners.append(
            StationListener(
                context=context, host=settings.ocpp_host, port=settings.ocpp_port, reuse_port=settings.ocpp_reuse_port
            )
        )
        if settings.tls_certificate is not None and settings.tls_key is not None:
            tls = tls_of(settings.tls_certificate, settings.tls_key)
            self.listeners.append(
                StationListener(context=context, host=settings.ocpp_host, port=settings.tls_port, tls=tls)
            )
        self._undo.push_async_callback(self._drain)
        for listener in self.listeners:
            await listener.start()
            self._undo.push_async_callback(listener.stop_accepting)
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
        self.tasks.spawn(housekeeping.run(self.pool), name="housekeeping")

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
            tasks=self.tasks,
            call_timeout_s=self.settings.call_timeout_s,
            command_bytes=self.settings.command_bytes,
        )
        app = build_app(desk=desk, routers=routers())
        self.web = WebServer(app=app, host=self.settings.web_host, port=self.settings.web_port, tasks=self.tasks)
        self._undo.push_async_callback(self.web.stop)
        await self.web.start()

    def _health(self) -> dict[str, bool]:
        return {"database": self.journal.ready, "redis": self.directory.available}
