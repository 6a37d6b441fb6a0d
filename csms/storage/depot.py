"""Tickets of stations and the files that they bring, in the database."""

import hashlib
import secrets
import string
import uuid
from datetime import datetime

import asyncpg

from csms.ports.depot import FileStatus, Image, Purpose, Ticket, Wish

ALPHABET = string.ascii_letters + string.digits
SECRET_LENGTH = 32
MOST_FILES = 16
"""How many files a ticket brings at most, those that were broken off included."""

ISSUE = """
INSERT INTO tickets (id, sha256, station_id, purpose, errand_id, image_id, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
FIND = """
SELECT t.id, t.station_id, t.purpose, t.errand_id, t.expires_at, i.object_key, i.size_bytes, i.sha256, i.name
FROM tickets t LEFT JOIN firmware_images i ON i.id = t.image_id AND i.whole WHERE t.sha256 = $1
"""
FETCHED = "UPDATE tickets SET fetches = fetches + 1, fetched_at = now() WHERE id = $1"
BEGUN = f"""
INSERT INTO station_files (id, station_id, ticket_id, errand_id, name, status, transport, remote)
SELECT $1, $2, $3, $4, $5, 'coming', $6, $7
WHERE (SELECT count(*) FROM station_files WHERE ticket_id = $3) < {MOST_FILES}
"""  # a number of ours
ENDED = "UPDATE station_files SET status = $2, size_bytes = $3, sha256 = $4, ended_at = now() WHERE id = $1"
IMAGE = "SELECT name FROM firmware_images WHERE id = $1 AND whole"
WAYS = """
SELECT value FROM station_variables WHERE station_id = $1 AND value <> ''
    AND lower(variable) IN ('supportedfiletransferprotocols', 'filetransferprotocols') LIMIT 1
"""
REMOTE = "SELECT remote FROM presence WHERE station_id = $1"


def image_key(name: str) -> str:
    """Return the key of the object of a firmware."""
    return f"firmware/{name}"


def file_key(file: str) -> str:
    """Return the key of the object of a file that a station brought."""
    return f"brought/{file}"


class PostgresDepot:
    """Issues tickets, knows them again, and keeps the list of what was brought."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool

    async def issue(self, wish: Wish, expires_at: datetime) -> tuple[str, str]:
        """Return the id and the secret of a new ticket; only the hash of the secret is kept."""
        ticket = "".join(secrets.choice(ALPHABET) for _ in range(12)).lower()
        secret = "".join(secrets.choice(ALPHABET) for _ in range(SECRET_LENGTH))
        values = (wish.station, wish.purpose.value, wish.errand_id, wish.image_id, expires_at)
        await self._pool.execute(ISSUE, ticket, _hashed(secret), *values)
        return ticket, secret

    async def find(self, secret: str) -> Ticket | None:
        """Return the ticket of a secret, expired or not."""
        record = await self._pool.fetchrow(FIND, _hashed(secret))
        if record is None:
            return None
        image = None
        if record["object_key"] is not None:
            image = Image(record["object_key"], record["size_bytes"], record["sha256"], record["name"])
        purpose = Purpose(record["purpose"])
        return Ticket(record["id"], record["station_id"], purpose, record["errand_id"], record["expires_at"], image)

    async def image_name(self, image: str) -> str | None:
        """Return what a firmware is called that is there as a whole."""
        name: str | None = await self._pool.fetchval(IMAGE, image)
        return name

    async def fetched(self, ticket: Ticket) -> None:
        """Count a fetch."""
        await self._pool.execute(FETCHED, ticket.id)

    async def begin(self, ticket: Ticket, name: str, *, transport: str, remote: str | None) -> str | None:
        """List a file that begins to come and return its id; None if its ticket brought enough."""
        file = str(uuid.uuid4())
        bearer = (ticket.station, ticket.id, ticket.errand_id)
        done = await self._pool.execute(BEGUN, file, *bearer, name, transport, remote)
        return file if done == "INSERT 0 1" else None

    async def end(self, file: str, status: FileStatus, *, size: int, sha256: str | None) -> None:
        """Note what became of a file."""
        await self._pool.execute(ENDED, file, status.value, size, sha256)

    async def ways_of(self, station: str) -> str | None:
        """Return the protocols in which a station says that it fetches and brings; None if it never said."""
        ways: str | None = await self._pool.fetchval(WAYS, station)
        return ways

    async def remote_of(self, station: str) -> str | None:
        """Return the address that a station has connected from."""
        remote: str | None = await self._pool.fetchval(REMOTE, station)
        return remote


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
