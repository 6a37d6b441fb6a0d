"""The role that stations connect to."""

import asyncio
import logging
import secrets

from csms.cluster.directory import listen_for_claims
from csms.gateway.context import Context
from csms.gateway.credentials import PasswordCheck
from csms.gateway.doorman import Doorman
from csms.gateway.listener import StationListener
from csms.gateway.tls import tls_of
from csms.gateway.turnstile import Turnstile
from csms.node.foundation import Foundation
from csms.ocpp.link import Limits
from csms.settings import MissingSubprotocol

SWEEP_S = 10.0


async def start_gateway(node: Foundation) -> None:
    """Listen to stations, and look after them."""
    settings, context = node.settings, _context(node)
    node.listeners.append(
        StationListener(
            context=context, host=settings.ocpp_host, port=settings.ocpp_port, reuse_port=settings.ocpp_reuse_port
        )
    )
    if settings.tls_certificate is not None and settings.tls_key is not None:
        tls = tls_of(settings.tls_certificate, settings.tls_key)
        node.listeners.append(
            StationListener(context=context, host=settings.ocpp_host, port=settings.tls_port, tls=tls)
        )
    node.undo.push_async_callback(_drain, node)
    for listener in node.listeners:
        await listener.start()
        node.undo.push_async_callback(listener.stop_accepting)
    node.tasks.spawn(node.journal.watch(), name="journal/watch")
    node.tasks.spawn(node.presence.run(), name="presence")
    node.tasks.spawn(node.frames.run(), name="frames")
    node.tasks.spawn(node.progress.run(), name="progress")
    node.tasks.spawn(node.house.run_sweeps(SWEEP_S), name="house/sweep")
    node.tasks.spawn(listen_for_claims(node.redis, node.keys, node.name, node.house.superseded), name="claims")


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
        passwords=PasswordCheck(executor=node.executor, key=secrets.token_bytes(32)),
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
