"""What readers see of certificate orders."""

from collections.abc import Callable, Mapping
from typing import Any

from csms.domain.command import Event
from csms.domain.station.signing import (
    CertificateAnswered,
    CertificateDenied,
    CertificateDisputed,
    CertificateOrderDropped,
    CertificateOrdered,
    CertificateOrderRepeated,
    Stage,
)
from csms.storage.texts import clean

ORDERED = """
INSERT INTO certificate_orders (id, station_id, csr, kind, request_id, key_kind, key_bits, key_digest, subject, stage, reason,
    detail, asked_at, changed_at, due_at)
SELECT *, at, now() + interval '300 milliseconds' FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[],
    $6::text[], $7::int[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::timestamptz[])
    AS row (id, station_id, csr, kind, request_id, key_kind, key_bits, key_digest, subject, stage, reason, detail, at)
ON CONFLICT (id) DO NOTHING
"""
"""It is due a moment later than it is durable: it is answered first (SEC-40)."""

REPEATED = """
UPDATE certificate_orders AS o SET repeats = repeats + 1, request_id = coalesce(row.request_id, o.request_id), changed_at = row.at,
    stage = CASE o.stage WHEN 'unanswered' THEN 'issued' ELSE o.stage END,
    due_at = CASE o.stage WHEN 'sent' THEN o.due_at ELSE now() + interval '300 milliseconds' END
FROM unnest($1::text[], $2::bigint[], $3::timestamptz[]) AS row (id, request_id, at) WHERE o.id = row.id
"""
"""What nobody knows whether it arrived is brought once more, for the station still waits for it."""

DROPPED = """
UPDATE certificate_orders AS o SET stage = 'superseded', changed_at = row.at
FROM unnest($1::text[], $2::timestamptz[]) AS row (id, at) WHERE o.id = row.id AND o.stage IN ('asked', 'issued', 'unanswered')
"""

ANSWERED = """
WITH row AS (
    SELECT * FROM unnest($1::text[], $2::text[], $3::boolean[], $4::timestamptz[]) AS row (call_id, status, accepted, at)
), taken AS (
    INSERT INTO client_certificates (station_id, fingerprint, subject, issuer, serial, not_before, not_after, key_kind, key_bits,
        installed_at)
    SELECT station_id, fingerprint, subject, issuer, serial, not_before, not_after, key_kind, key_bits, row.at
    FROM row JOIN certificate_orders USING (call_id)
    WHERE accepted AND fingerprint IS NOT NULL AND coalesce(kind, 'station') = 'station' ORDER BY station_id
    ON CONFLICT (station_id, fingerprint) DO UPDATE SET installed_at = excluded.installed_at
)
UPDATE certificate_orders AS o SET stage = CASE WHEN row.accepted THEN 'installed' ELSE 'refused' END, status = row.status,
    changed_at = row.at, held_until = NULL
FROM row WHERE o.call_id = row.call_id
"""

DISPUTED = """
UPDATE certificate_orders AS o SET disputed_at = row.at, dispute = row.info
FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS row (station_id, info, at)
WHERE o.id = (
    SELECT id FROM certificate_orders WHERE lower(station_id) = lower(row.station_id) AND sent_at IS NOT NULL
    ORDER BY sent_at DESC LIMIT 1
)
"""

Rows = list[tuple[tuple[Any, ...], tuple[Any, ...]]]
"""Rows by their keys."""


def _ordered(station: str, event: CertificateOrdered) -> Rows:
    key = event.key_kind, event.key_bits, event.key
    said = (event.order_id, station, clean(event.csr), event.kind, event.request_id, *key, clean(event.subject))
    return [((event.order_id,), (*said, Stage.ASKED.value, None, None, event.at))]


def _denied(station: str, event: CertificateDenied) -> Rows:
    said = (event.order_id, station, None, event.kind, None, None, None, event.key, clean(event.subject))
    return [((event.order_id,), (*said, Stage.DENIED.value, event.reason, clean(event.detail), event.at))]


def _repeated(_: str, event: CertificateOrderRepeated) -> Rows:
    return [((event.order_id, event.at), (event.order_id, event.request_id, event.at))]


def _dropped(_: str, event: CertificateOrderDropped) -> Rows:
    return [((event.order_id,), (event.order_id, event.at))]


def _answered(_: str, event: CertificateAnswered) -> Rows:
    return [((event.call_id,), (event.call_id, clean(event.status), event.accepted, event.at))]


def _disputed(station: str, event: CertificateDisputed) -> Rows:
    return [((station,), (station, clean(event.info), event.at))]


SIGNING: Mapping[type[Event], tuple[str, Callable[[str, Any], Rows]]] = {
    CertificateOrderDropped: (DROPPED, _dropped),
    CertificateOrdered: (ORDERED, _ordered),
    CertificateDenied: (ORDERED, _denied),
    CertificateOrderRepeated: (REPEATED, _repeated),
    CertificateAnswered: (ANSWERED, _answered),
    CertificateDisputed: (DISPUTED, _disputed),
}
"""Facts of certificate orders that readers see, with the statement that shows them."""
