"""The certificates of stations in the database."""

from datetime import datetime

import asyncpg
import msgspec
from msgspec import Struct

from csms.kit.x509 import HashData

SOME = """
SELECT known.name AS id, use, hash_algorithm, issuer_name_hash, issuer_key_hash, serial_number, children::text, told_at,
    installed_at, sent.fingerprint, sent.subject, sent.not_after, sent.pem
FROM station_certificates AS known LEFT JOIN LATERAL (
    SELECT * FROM certificates WHERE names && (known.names || coalesce(known.rough_name, known.name))
    ORDER BY fingerprint = known.fingerprint DESC NULLS LAST, sent_at DESC LIMIT 1
) AS sent ON true
WHERE station_id = $1 AND ($2::text IS NULL OR known.names && ARRAY[$2])
ORDER BY use, coalesce(installed_at, told_at), known.name
"""
LISTINGS = "SELECT use, at FROM certificate_listings WHERE station_id = $1 ORDER BY use"

_children = msgspec.json.Decoder(list[HashData])


class KnownCertificate(Struct, frozen=True):
    """A certificate that a station has; of one that somebody was sent by us also what it says.

    `hash_data` is in the letters of the station; as we reckon while it never `told`; None where that cannot be reckoned.
    """

    id: str
    use: str
    hash_data: HashData | None
    children: list[HashData]
    told_at: datetime | None
    installed_at: datetime | None
    fingerprint: str | None
    subject: str | None
    not_after: datetime | None
    pem: str | None


async def known_certificates(
    pool: "asyncpg.Pool[asyncpg.Record]", station: str, name: str | None = None
) -> list[KnownCertificate]:
    """Return what a station has as far as anybody knows, by use and by when it came; with `name` what may be called so."""
    return [_known(record) for record in await pool.fetch(SOME, station, name)]


async def certificate_listings(pool: "asyncpg.Pool[asyncpg.Record]", station: str) -> dict[str, datetime]:
    """Return when a station last told what it has, by use; by an empty one when it told of all."""
    return {record["use"]: record["at"] for record in await pool.fetch(LISTINGS, station)}


def _known(record: asyncpg.Record) -> KnownCertificate:
    called = HashData(*(record[part] for part in HashData.__struct_fields__))
    told = {name: record[name] for name in KnownCertificate.__struct_fields__ if name not in {"hash_data", "children"}}
    return KnownCertificate(
        hash_data=None if record["hash_algorithm"] is None else called,
        children=[] if record["children"] is None else _children.decode(record["children"]),
        **told,
    )
