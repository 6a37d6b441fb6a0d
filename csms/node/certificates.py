"""Certificates of stations: who signs them, and who looks after their orders."""

import structlog

from csms.authority.est import Access, EstAuthority
from csms.authority.local import LocalAuthority, Unusable
from csms.features.certificate_orders.courier import Courier
from csms.features.certificate_orders.keeper import OrderKeeper
from csms.features.certificate_orders.queue import OrderQueue
from csms.features.certificate_orders.signer import Signer
from csms.features.client_certificates.repository import ClientCertificates
from csms.features.client_certificates.watch import CertificateWatch
from csms.kit.clock import Clock
from csms.kit.failures import StartFailed
from csms.node.fleet import check_call
from csms.node.foundation import Foundation
from csms.ports.certificates import CertificateAuthority
from csms.settings import Settings
from handlers.phrasebook import VersionedPhrasebook

log = structlog.get_logger(__name__)


def start_orders(node: Foundation) -> None:
    """Have certificates signed, and bring them to stations."""
    settings, queue = node.settings, OrderQueue(node.pool)
    authority = authority_of(settings, node.clock)
    signer = None if authority is None else Signer(queue=queue, authority=authority, clock=node.clock)
    courier = Courier(
        queue=queue,
        calls=node.calls,
        phrasebook=VersionedPhrasebook(),
        check=check_call,
        registry=node.registry,
        tasks=node.tasks,
        call_timeout_s=settings.call_timeout_s,
    )
    keeper = OrderKeeper(queue=queue, signer=signer, courier=courier, metrics=node.metrics)
    node.tasks.keep(keeper.run, name="certificate-orders")


def watch_of(node: Foundation) -> CertificateWatch:
    """Return who tells of certificates that end, and has them renewed where that is wanted."""
    return CertificateWatch(
        certificates=ClientCertificates(node.pool),
        calls=node.calls,
        phrasebook=VersionedPhrasebook(),
        registry=node.registry,
        vendors=node.vendors,
        metrics=node.metrics,
        clock=node.clock,
        settle_s=node.settings.upkeep_settle_s,
        call_timeout_s=node.settings.call_timeout_s,
    )


def authority_of(settings: Settings, clock: Clock) -> CertificateAuthority | None:
    """Return who signs; None where nobody does. Raises `StartFailed` for files that make no authority."""
    if settings.est_url is not None:
        return _est(settings.est_url, settings)
    if settings.ca_certificate is None:
        return None
    if settings.ca_key is None:
        raise StartFailed("CSMS_CA_KEY: must be set with CSMS_CA_CERTIFICATE where a process is a worker")
    password = settings.ca_key_password
    try:
        authority = LocalAuthority(
            certificate=settings.ca_certificate,
            key=settings.ca_key,
            password=None if password is None else password.get_secret_value(),
            days=settings.certificate_days,
            clock=clock,
        )
    except Unusable as unusable:
        raise StartFailed(f"CSMS_CA_CERTIFICATE, CSMS_CA_KEY: {unusable}") from unusable
    days = (authority.ends_at - clock.now()).days
    if days < settings.certificate_days:
        log.warning("authority_ends", days=days, ends_at=authority.ends_at.isoformat())
    return authority


def _est(url: str, settings: Settings) -> EstAuthority:
    password = settings.est_password
    access = Access(
        url=url,
        user=settings.est_user,
        password=None if password is None else password.get_secret_value(),
        roots=settings.est_ca,
        certificate=settings.est_certificate,
        key=settings.est_key,
    )
    try:
        return EstAuthority(access)
    except Unusable as unusable:
        raise StartFailed(f"CSMS_EST_CA, CSMS_EST_CERTIFICATE, CSMS_EST_KEY: {unusable}") from unusable
