"""The role that stations fetch firmware from and bring files to."""

import ssl
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from csms.depot.addresses import DepotPorter, Offer
from csms.depot.counter import Counter
from csms.depot.ftp_server import FtpPlace, FtpServer
from csms.depot.http import DepotApp, impatient
from csms.gateway.tls import Asking
from csms.node.foundation import Foundation
from csms.node.gateway import open_keyring
from csms.ports.objects import Objects
from csms.settings import Role, Settings
from csms.storage.depot import PostgresDepot
from csms.web.server import Place, WebServer

MEGABYTE = 1_048_576
SOCKETS = 512
"""How many stations are served over HTTP at once by a process."""


async def open_objects(node: Foundation) -> None:
    """Reach the store of objects, which all roles but the gateway need."""
    if node.settings.s3_bucket is not None:
        node.objects = _bucket(node.settings)
    await node.objects.open()
    node.undo.push_async_callback(node.objects.close)


async def start_files(node: Foundation) -> None:
    """Serve what stations fetch and bring."""
    settings = node.settings
    counter = Counter(
        depot=PostgresDepot(node.pool),
        objects=node.objects,
        clock=node.clock,
        metrics=node.metrics,
        largest_bytes=settings.files_max_mb * MEGABYTE,
    )
    for scheme, server in _web_servers(node, counter):
        node.undo.push_async_callback(server.stop)
        await server.start()
        node.file_ports[scheme] = server.port
    if settings.ftp:
        ftp = FtpServer(counter=counter, place=_ftp_place(settings), stall_s=settings.files_stall_s)
        node.undo.push_async_callback(ftp.stop)
        ftp.start()
        node.file_ports["ftp"] = ftp.port


def porter_of(node: Foundation) -> DepotPorter:
    """Return what tells stations where to fetch and bring: here, or at the process that serves that."""
    settings = node.settings
    bases = {url.partition("://")[0]: url.rstrip("/") for url in settings.files_urls}
    ports = node.file_ports if Role.FILES in settings.roles else _expected_ports(settings)
    return DepotPorter(
        depot=PostgresDepot(node.pool),
        clock=node.clock,
        offer=Offer(bases, ports),
        life=timedelta(hours=settings.files_ticket_h),
    )


def _web_servers(node: Foundation, counter: Counter) -> Iterator[tuple[str, WebServer]]:
    """Yield a server without TLS, and one with it where there is a certificate."""
    settings = node.settings
    app = DepotApp(counter=counter, stall_s=settings.files_stall_s)
    protocol = impatient(head_s=settings.handshake_timeout_s, stall_s=settings.files_stall_s)
    options: dict[str, Any] = {
        "http": protocol,
        "limit_concurrency": SOCKETS,
        "server_header": False,
    }
    place = Place("CSMS_FILES", settings.files_host, settings.files_port)
    yield "http", WebServer(app=app, place=place, tasks=node.tasks, name="files", **options)
    open_keyring(node)
    if node.keyring is not None:
        newest = node.keyring.door(Asking.NEVER)
        tls = {"ssl_context_factory": lambda *_: _following(newest)}
        place = Place("CSMS_FILES_TLS", settings.files_host, settings.files_tls_port)
        yield "https", WebServer(app=app, place=place, tasks=node.tasks, name="files/tls", **options | tls)


def _following(newest: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    """Return a context that hands every handshake on to the newest one: certificates are renewed without a restart."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)

    def hand_on(stream: Any, name: str | None, _: ssl.SSLContext) -> None:
        stream.context = newest()

    context.sni_callback = hand_on
    return context


def _expected_ports(settings: Settings) -> dict[str, int]:
    """Return the ports of the process that serves stations, as the settings that it shares with us say."""
    ports = {"http": settings.files_port}
    if settings.tls_certificate:
        ports["https"] = settings.files_tls_port
    if settings.ftp:
        ports["ftp"] = settings.ftp_port
    return ports


def _ftp_place(settings: Settings) -> FtpPlace:
    passive = None
    if settings.ftp_passive_ports is not None:
        first, _, last = settings.ftp_passive_ports.partition("-")
        passive = range(int(first), int(last) + 1)
    known_as = None if settings.ftp_address is None else str(settings.ftp_address)
    return FtpPlace(settings.files_host, settings.ftp_port, passive, known_as)


def _bucket(settings: Settings) -> Objects:
    """Return the bucket that is to hold the files."""
    from csms.storage.objects import s3  # noqa: PLC0415  # 17 MiB and a sixth of a second that only who has one pays

    secret = settings.s3_secret_key
    return s3.S3Objects(
        s3.Bucket(
            name=settings.s3_bucket or "",
            endpoint=settings.s3_endpoint,
            region=settings.s3_region,
            access_key=settings.s3_access_key,
            secret_key=None if secret is None else secret.get_secret_value(),
        )
    )
