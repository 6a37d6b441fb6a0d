"""The role that stations connect to."""

import asyncio
import logging
import secrets
import ssl
from collections.abc import Callable, Iterator
from functools import partial

from csms.cluster.changes import listen_for_changes
from csms.cluster.directory import listen_for_claims
from csms.domain.proof import TLS_CERTIFICATE
from csms.gateway.context import Context
from csms.gateway.credentials import PasswordCheck
from csms.gateway.doorman import Doorman
from csms.gateway.keyring import Keyring
from csms.gateway.listener import OPEN, StationListener
from csms.gateway.proofs import Proofs
from csms.gateway.tls import Asking, Chain, Unusable
from csms.gateway.turnstile import Turnstile
from csms.kit.failures import StartFailed
from csms.node.foundation import Foundation
from csms.ocpp.link import Limits
from csms.settings import Door, MissingSubprotocol

SWEEP_S = 10.0
SECURE = frozenset({2, 3})
"""The security profiles of the door with TLS."""


async def start_gateway(node: Foundation) -> None:
    """Listen to stations, and look after them."""
    open_keyring(node)
    node.listeners += _listeners(node)
    node.undo.push_async_callback(_drain, node)
    for listener in node.listeners:
        await listener.start()
        node.undo.push_async_callback(listener.stop_accepting)
    node.tasks.keep(node.journal.watch, name="journal/watch")
    node.tasks.keep(node.presence.run, name="presence")
    node.tasks.keep(node.certificates.run, name="client-certificates")
    node.tasks.keep(node.frames.run, name="frames")
    node.tasks.keep(node.progress.run, name="progress")
    node.tasks.keep(partial(node.house.run_sweeps, SWEEP_S), name="house/sweep")
    node.tasks.keep(partial(listen_for_claims, node.redis, node.keys, node.name, node.house), name="claims")
    node.tasks.keep(partial(listen_for_changes, node.redis, node.keys, node.house.changed), name="changes")


def open_keyring(node: Foundation) -> None:
    """Take up what holds our certificates, once; there is none where no door speaks TLS."""
    settings = node.settings
    chains = [Chain(*paths) for paths in zip(settings.tls_certificate, settings.tls_key, strict=True)]
    if not chains or node.keyring is not None:
        return
    ours = () if settings.ca_certificate is None else (settings.ca_certificate,)
    try:
        keyring = Keyring(chains=chains, roots=(*settings.tls_client_ca, *ours), clock=node.clock, metrics=node.metrics)
    except Unusable as unusable:
        raise StartFailed(f"CSMS_TLS_CERTIFICATE, CSMS_TLS_KEY, CSMS_TLS_CLIENT_CA: {unusable}") from unusable
    node.tasks.keep(keyring.watch, name="keyring")
    node.keyring = keyring


def _listeners(node: Foundation) -> Iterator[StationListener]:
    """Yield the doors that the settings name, or else one without TLS and one with it."""
    settings, context = node.settings, _context(node)
    doors = [(door, "CSMS_LISTENERS") for door in settings.listeners]
    if not doors:
        doors = [(Door(port=settings.ocpp_port, profiles=OPEN), "CSMS_OCPP_PORT")]
        if node.keyring is not None:
            doors.append((Door(port=settings.tls_port, profiles=SECURE), "CSMS_TLS_PORT"))
    for door, port in doors:
        yield StationListener(
            context=context,
            host=door.host or settings.ocpp_host,
            port=door.port,
            profiles=door.profiles,
            tls=_tls(node, door),
            reuse_port=settings.ocpp_reuse_port,
            settings=("CSMS_OCPP_HOST" if door.host is None else port, port),
        )


def _tls(node: Foundation, door: Door) -> Callable[[], ssl.SSLContext] | None:
    """Return what gives the context of a door; None for one that speaks no TLS."""
    if not door.tls:
        return None
    if node.keyring is None:
        raise StartFailed("CSMS_LISTENERS: a door for profiles 2 and 3 needs CSMS_TLS_CERTIFICATE and CSMS_TLS_KEY")
    if TLS_CERTIFICATE not in door.profiles:
        return node.keyring.door(Asking.NEVER)
    return node.keyring.door(Asking.ALWAYS if door.profiles == {TLS_CERTIFICATE} else Asking.MAYBE)


async def _drain(node: Foundation) -> None:
    """Close all lines, in batches."""
    for listener in node.listeners:
        await listener.drain(batch=node.settings.drain_batch, pause_s=node.settings.drain_pause_s)


def _context(node: Foundation) -> Context:
    """Return what every connection shares."""
    settings = node.settings
    doorman = Doorman(
        registry=node.registry,
        house=node.house,
        proofs=Proofs(
            registry=node.registry,
            passwords=PasswordCheck(executor=node.executor, key=secrets.token_bytes(32)),
            organisations=settings.cpo_names,
        ),
        turnstile=Turnstile(per_minute=settings.connects_per_minute, clock=node.clock, exempt=settings.exempt_networks),
        metrics=node.metrics,
        assume_16=settings.missing_subprotocol is MissingSubprotocol.ASSUME_16,
    )
    wire_log = logging.getLogger("csms.wire")
    wire_log.setLevel(logging.CRITICAL)
    return Context(
        doorman=doorman,
        house=node.house,
        frames=node.frames,
        clock=node.clock,
        tasks=node.tasks,
        metrics=node.metrics,
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
