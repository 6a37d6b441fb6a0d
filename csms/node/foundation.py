"""What every process of the system has: its stores, and the house of its stations."""

import asyncio
import contextlib
import hashlib
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
from csms.cluster.directory import RedisDirectory
from csms.cluster.keys import Keys
from csms.domain.signing import STATION, Terms
from csms.gateway.keyring import Keyring
from csms.gateway.listener import StationListener
from csms.kit.clock import Clock, SystemClock
from csms.kit.failures import StartFailed
from csms.kit.metrics import Metrics
from csms.kit.tasks import Tasks
from csms.node.health import Health
from csms.ocpp.version import Version
from csms.ports.objects import Objects
from csms.settings import CONFIG, Environment, Settings
from csms.storage import engine, installation, revisions
from csms.storage.archive import PostgresArchive
from csms.storage.certificate_orders import PostgresOrders
from csms.storage.client_certificates import PostgresClientCertificates
from csms.storage.frames import PostgresFrameLog
from csms.storage.grounds import PostgresGrounds
from csms.storage.journal import PostgresJournal
from csms.storage.nodes import PostgresNodes
from csms.storage.objects.folder import FolderObjects
from csms.storage.presence import PostgresPresence
from csms.storage.progress import SessionProgress
from csms.storage.registry import PostgresOwnership, PostgresRegistry, PostgresTokens
from csms.storage.vendors import ProfilesUnreadable, VendorFiles
from csms.web.server import WebServer
from handlers.phrasebook import VersionedPhrasebook
from handlers.v16 import V16
from handlers.v21 import V21
from handlers.v201 import V201

FINISH_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True)
class Servers:
    """Where the database and the Redis-protocol server are."""

    database_url: str
    redis_url: str


class Foundation:
    """Stores and house of one process; its roles stand on it, and undo in `undo` what they start."""

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
        self.keyring: Keyring | None = None
        self.objects: Objects = FolderObjects(settings.data_folder / "objects")
        self.file_ports: dict[str, int] = {}
        self.vendors = VendorFiles(settings.vendors_folder or CONFIG / "vendors", changed=lambda: self.house.refresh())
        self.undo = contextlib.AsyncExitStack()

    async def _flush(self) -> None:
        deadline = self.clock.monotonic() + FINISH_WITHIN_S
        while not all(actor.idle for actor in self.house.actors) and self.clock.monotonic() < deadline:
            await asyncio.sleep(0.01)
        for store in (self.presence, self.certificates, self.progress, self.frames):
            await store.write()

    async def open_stores(self) -> None:
        """Reach the database and Redis, and bring the database up to date where that is ours to do."""
        try:
            self.vendors.load()
        except ProfilesUnreadable as error:
            raise StartFailed(f"CSMS_VENDORS_FOLDER: {error}") from error
        self.redis = redis_client.open_client(self.where.redis_url)
        self.undo.push_async_callback(self.redis.aclose)
        await redis_client.check(self.redis, self.where.redis_url)
        self.pool = await engine.open_pool(self.where.database_url, size=self.settings.database_pool)
        self.undo.push_async_callback(self.pool.close)
        development = self.settings.environment is Environment.DEVELOPMENT
        if not development:
            await revisions.check(self.pool)
        elif not await revisions.is_newest(self.pool):
            await revisions.upgrade(self.where.database_url)
        self.secret = await installation.key_of(self.pool, "secret")
        if self.settings.bootstrap_api_key is not None:
            await installation.add_api_key(self.pool, "bootstrap", self.settings.bootstrap_api_key.get_secret_value())

    def build_house(self) -> None:
        """Put together what carries stations: ports meet adapters, handlers meet actors."""
        settings, connect = self.settings, partial(engine.connect, self.where.database_url)
        self.progress = SessionProgress(pool=self.pool)
        self.journal = PostgresJournal(
            connect=connect, tasks=self.tasks, progress=self.progress, hold_s=settings.journal_hold_s
        )
        self._build_presence()
        self.certificates = PostgresClientCertificates(pool=self.pool, clock=self.clock)
        self.frames = PostgresFrameLog(pool=self.pool, clock=self.clock, keep_days=settings.frames_keep_days)
        self.metrics.frames_dropped.set_function(lambda: self.frames.dropped)
        within_s = self.journal.patience_s
        self.registry = PostgresRegistry(pool=self.pool, tasks=self.tasks, vendors=self.vendors, within_s=within_s)
        self.directory = RedisDirectory(
            client=self.redis, keys=self.keys, node=self.name, owned=lambda: self.house.owned()
        )
        ownership = PostgresOwnership(pool=self.pool, tasks=self.tasks, node=self.name, within_s=within_s)
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
        self.health = Health(pool=self.pool, journal=self.journal, directory=self.directory, clock=self.clock)
        self.executor = ThreadPoolExecutor(max_workers=2, thread_name_prefix="passwords")
        self.undo.callback(self.executor.shutdown, wait=False)
        self.undo.push_async_callback(self.journal.close)
        self.undo.push_async_callback(self.nodes.leave)
        self.undo.push_async_callback(self.tasks.stop)
        self.undo.push_async_callback(self.directory.leave)
        self.undo.push_async_callback(self._flush)
        self._begin()

    def _begin(self) -> None:
        self.tasks.keep(self.directory.carry_out, name="directory")
        self.tasks.keep(self.directory.beat, name="directory/beat")
        self.tasks.keep(self.calls.take_calls, name="calls")
        self.tasks.keep(self.calls.take_reports, name="calls/reports")
        self.tasks.keep(self.vendors.watch, name="vendors")

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
            archive=PostgresArchive(
                pool=self.pool, tasks=self.tasks, number_key=self.key_for("numbers"), within_s=self.journal.patience_s
            ),
            registry=self.registry,
            tokens=PostgresTokens(pool=self.pool, tasks=self.tasks, within_s=self.journal.patience_s),
            grounds=PostgresGrounds(pool=self.pool, within_s=self.journal.patience_s),
            certificates=self.certificates,
            orders=PostgresOrders(pool=self.pool, within_s=self.journal.patience_s),
            presence=self.presence,
            clock=self.clock,
            tasks=self.tasks,
            dialects={Version.V16: V16, Version.V201: V201, Version.V21: V21},
            phrasebook=VersionedPhrasebook(),
            vendors=self.vendors,
            policy=Policy(
                heartbeat_s=settings.heartbeat_s,
                call_timeout_s=settings.call_timeout_s,
                gated=gated,
                upkeep_settle_s=settings.upkeep_settle_s,
                signing=self.terms,
            ),
        )

    @property
    def terms(self) -> Terms:
        """Return on what terms certificates of stations are signed here."""
        settings = self.settings
        kinds = frozenset({STATION} if settings.signs else ())
        return Terms(kinds, settings.cpo_names, settings.certificates_per_day)

    def key_for(self, name: str) -> bytes:
        """Return a secret of this installation for one purpose."""
        return hashlib.blake2b(self.secret, person=name.encode()[:16], digest_size=32).digest()
