"""Firmware images in the database."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import asyncpg
from msgspec import Struct


class Image(Struct, frozen=True):
    """A firmware; stations can be sent for it once it is here as a `whole`."""

    id: str
    name: str
    version: str | None
    vendor: str | None
    model: str | None
    sha256: str | None
    size_bytes: int | None
    whole: bool
    signature: str | None
    signing_certificate: str | None
    created_by: str | None
    created_at: datetime

    @property
    def revision(self) -> int:
        """How often it was changed: its bytes come once."""
        return 2 if self.whole else 1


SELECT = f"SELECT {', '.join(Image.__struct_fields__)} FROM firmware_images "
INSERT = """
INSERT INTO firmware_images (id, name, version, vendor, model, sha256, signature, signing_certificate, created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
FILTERS = """
WHERE ($1::text IS NULL OR lower(vendor) = lower($1)) AND ($2::text IS NULL OR lower(model) = lower($2))
    AND ($3::text IS NULL OR version = $3) AND ($4::timestamptz IS NULL OR (created_at, id) < ($4, $5))
ORDER BY created_at DESC, id DESC LIMIT $6
"""
CAME = """
UPDATE firmware_images SET whole = true, object_key = $2, sha256 = $3, size_bytes = $4 WHERE id = $1 AND NOT whole
"""
REMOVE = """
DELETE FROM firmware_images WHERE id = $1 AND ($2::bigint[] IS NULL OR CASE WHEN whole THEN 2 ELSE 1 END = ANY($2))
"""


class Images:
    """Reads and writes firmware images."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool

    async def add(self, image: str, values: Mapping[str, Any], created_by: str) -> None:
        """List a firmware whose bytes are still to come."""
        members = ("name", "version", "vendor", "model", "sha256", "signature", "signing_certificate")
        await self._pool.execute(INSERT, image, *(values[name] for name in members), created_by)

    async def one(self, image: str) -> Image | None:
        """Return one firmware."""
        record = await self._pool.fetchrow(SELECT + "WHERE id = $1", image)
        return None if record is None else Image(**dict(record))

    async def some(  # the filters of the route
        self,
        *,
        vendor: str | None,
        model: str | None,
        version: str | None,
        after: tuple[datetime, str] | None,
        limit: int,
    ) -> list[Image]:
        """Return firmware, the youngest first."""
        at, image = after or (None, None)
        records = await self._pool.fetch(SELECT + FILTERS, vendor, model, version, at, image, limit)
        return [Image(**dict(record)) for record in records]

    async def came(self, image: str, key: str, sha256: str, size: int) -> bool:
        """Note that a firmware is here as a whole, and as which object; False if it was already."""
        return str(await self._pool.execute(CAME, image, key, sha256, size)) == "UPDATE 1"

    async def key_of(self, image: str) -> str | None:
        """Return the key of the object that a firmware is; None while it is not here."""
        key: str | None = await self._pool.fetchval("SELECT object_key FROM firmware_images WHERE id = $1", image)
        return key

    async def remove(self, image: str, *, revisions: Sequence[int] | None) -> bool:
        """Forget a firmware, and the tickets for it; False if it is gone, or at none of `revisions`."""
        return str(await self._pool.execute(REMOVE, image, revisions)) == "DELETE 1"
