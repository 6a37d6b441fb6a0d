"""What readers see of the certificates that stations have: a row for each, in the letters of its station."""

from collections.abc import Callable
from typing import Any

import msgspec

from csms.domain.command import Event
from csms.domain.station.certificates import CertificateDeleted, CertificateInstalled, CertificatesTold, ToldCertificate
from csms.domain.trust import name_of, rough_name_of
from csms.storage.texts import clean

TOLD = """
WITH told AS (
    SELECT station_id, string_to_array(uses, ',') AS uses, uses = '' AS whole, found::jsonb, at
    FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[]) AS row (station_id, uses, found, at)
), entry AS (
    SELECT told.station_id, told.at, one.* FROM told, jsonb_to_recordset(told.found) AS one (use text, name text,
        rough_name text, hash_algorithm text, issuer_name_hash text, issuer_key_hash text, serial_number text, children jsonb)
), before AS (
    SELECT DISTINCT ON (entry.station_id, entry.use, entry.name) entry.station_id, entry.use, entry.name, known.names,
        known.installed_at, known.fingerprint
    FROM entry JOIN station_certificates AS known ON known.station_id = entry.station_id AND known.use = entry.use
        AND known.names && ARRAY[entry.name, entry.rough_name]
    ORDER BY entry.station_id, entry.use, entry.name, known.installed_at DESC NULLS LAST
), gone AS (
    DELETE FROM station_certificates AS known USING told
    WHERE known.station_id = told.station_id AND (told.whole OR known.use = ANY (told.uses)) AND NOT EXISTS (
        SELECT FROM entry WHERE (entry.station_id, entry.use, entry.name) = (known.station_id, known.use, known.name)
    )
), listed AS (
    INSERT INTO certificate_listings (station_id, use, at) SELECT station_id, asked.use, at
    FROM told, unnest(CASE WHEN whole THEN ARRAY[''] ELSE uses END) AS asked (use)
    ON CONFLICT (station_id, use) DO UPDATE SET at = excluded.at
)
INSERT INTO station_certificates (station_id, use, name, rough_name, names, hash_algorithm, issuer_name_hash,
    issuer_key_hash, serial_number, children, told_at, installed_at, fingerprint)
SELECT entry.station_id, entry.use, entry.name, entry.rough_name, entry.name || coalesce(before.names, '{}'),
    hash_algorithm, issuer_name_hash, issuer_key_hash, serial_number, children, at, installed_at, fingerprint
FROM entry LEFT JOIN before USING (station_id, use, name)
ON CONFLICT (station_id, use, name) DO UPDATE SET rough_name = excluded.rough_name,
    hash_algorithm = excluded.hash_algorithm, issuer_name_hash = excluded.issuer_name_hash,
    issuer_key_hash = excluded.issuer_key_hash, serial_number = excluded.serial_number, children = excluded.children,
    told_at = excluded.told_at
"""
"""What it does not tell of the uses it was asked for it has no more; what it took from us it may call by another algorithm."""

INSTALLED = """
WITH installed AS (
    SELECT *, string_to_array(joined, ',') AS names FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[],
        $6::text[], $7::text[], $8::timestamptz[], $9::text[], $10::text[], $11::timestamptz[], $12::text[], $13::text[])
    AS row (station_id, use, name, hash_algorithm, issuer_name_hash, issuer_key_hash, serial_number, at, fingerprint,
        subject, not_after, pem, joined)
), kept AS (
    INSERT INTO certificates (fingerprint, subject, not_after, pem, names, sent_at)
    SELECT DISTINCT ON (fingerprint) fingerprint, subject, not_after, pem, names, at FROM installed ORDER BY fingerprint
    ON CONFLICT (fingerprint) DO NOTHING
), known AS (
    UPDATE station_certificates AS known SET installed_at = installed.at, fingerprint = installed.fingerprint,
        names = known.name || installed.names
    FROM installed WHERE known.station_id = installed.station_id AND known.use = installed.use
        AND (known.names && installed.names OR known.rough_name = ANY (installed.names))
    RETURNING known.station_id, known.use, known.fingerprint
)
INSERT INTO station_certificates (station_id, use, name, names, hash_algorithm, issuer_name_hash, issuer_key_hash,
    serial_number, installed_at, fingerprint)
SELECT station_id, use, name, names, hash_algorithm, issuer_name_hash, issuer_key_hash, serial_number, at, fingerprint
FROM installed WHERE NOT EXISTS (
    SELECT FROM known
    WHERE (known.station_id, known.use, known.fingerprint) = (installed.station_id, installed.use, installed.fingerprint)
)
"""
"""Until the station tells of it, it is called as we reckon."""

DELETED = """
DELETE FROM station_certificates AS known USING unnest($1::text[], $2::text[], $3::text[], $4::boolean[], $5::text[], $6::text[],
    $7::text[], $8::text[]) AS row (station_id, name, rough_name, missing, algorithm, issuer_name, issuer_key, serial)
WHERE known.station_id = row.station_id AND known.names && ARRAY[row.name, row.rough_name] AND (NOT missing OR told_at IS NOT NULL AND
    (hash_algorithm, issuer_name_hash, issuer_key_hash, serial_number) = (algorithm, issuer_name, issuer_key, serial))
"""
"""What it calls missing is gone if it was called as the station calls it; by other letters it may be there all the same."""

Row = tuple[Any, ...]
Rows = list[tuple[Row, Row]]


def _told(station: str, event: CertificatesTold) -> Rows:
    found = msgspec.json.encode([_entry(one) for one in event.certificates]).decode().replace("\\u0000", "\\ufffd")
    return [((station,), (station, clean(",".join(event.uses)), found, event.at))]


def _entry(told: ToldCertificate) -> dict[str, Any]:
    name = told.hash_data
    children = [msgspec.structs.asdict(child) for child in told.children]
    names = {"name": name_of(name), "rough_name": rough_name_of(name)}
    return {"use": told.use, **names, **msgspec.structs.asdict(name), "children": children}


def _installed(station: str, event: CertificateInstalled) -> Rows:
    root = event.root
    called = (None,) * 4 if root.hash_data is None else msgspec.structs.astuple(root.hash_data)
    name = root.names[0]
    facts = root.fingerprint, clean(root.subject), root.not_after, root.pem, ",".join(root.names)
    return [((station, event.use, root.fingerprint), (station, clean(event.use), name, *called, event.at, *facts))]


def _deleted(station: str, event: CertificateDeleted) -> Rows:
    called = event.hash_data
    name = name_of(called)
    letters = (clean(text) for text in msgspec.structs.astuple(called))
    return [((station, name), (station, name, rough_name_of(called), event.missing, *letters))]


CERTIFICATES: dict[type[Event], tuple[str, Callable[[str, Any], Rows]]] = {
    CertificatesTold: (TOLD, _told),
    CertificateInstalled: (INSTALLED, _installed),
    CertificateDeleted: (DELETED, _deleted),
}
"""Facts of certificates, each with the statement that shows it."""
