"""What an installation is given once: its keys, and a demo to look at."""

import hashlib
import secrets
import uuid

import asyncpg

from csms.kit.passwords import hash_password

DEMO_SITES = (
    ("demo-berlin", "Alexanderplatz garage", "Berlin", 52.5219, 13.4132, "Europe/Berlin"),
    ("demo-lyon", "Part-Dieu car park", "Lyon", 45.7605, 4.8597, "Europe/Paris"),
    ("demo-krakow", "Kazimierz yard", "Krak\u00f3w", 50.0513, 19.9449, "Europe/Warsaw"),
)
DEMO_STATIONS = 24
DEMO_TOKENS = (
    ("DEMO-TAG-1", "Accepted"),
    ("DEMO-TAG-2", "Accepted"),
    ("DEMO-TAG-3", "Accepted"),
    ("DEMO-LOST", "Blocked"),
)


async def key_of(pool: "asyncpg.Pool[asyncpg.Record]", name: str) -> bytes:
    """Return a key of the installation, made at its first use and the same on all nodes."""
    await pool.execute(
        "INSERT INTO installation (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING", name, secrets.token_hex(32)
    )
    return bytes.fromhex(await pool.fetchval("SELECT value FROM installation WHERE name = $1", name))


async def add_api_key(pool: "asyncpg.Pool[asyncpg.Record]", name: str, key: str) -> None:
    """Let `key` in; adding it again changes nothing. Only its hash is kept."""
    await pool.execute(
        "INSERT INTO api_keys (id, name, sha256, scopes) VALUES ($1, $2, $3, '{admin}') ON CONFLICT (sha256) DO NOTHING",
        str(uuid.uuid4()),
        name,
        hashlib.sha256(key.encode()).hexdigest(),
    )


async def add_first_operator(pool: "asyncpg.Pool[asyncpg.Record]", email: str) -> str | None:
    """Make the first operator and return the password, which is told this once; None if there is one."""
    if await pool.fetchval("SELECT count(*) FROM operators"):
        return None
    password = secrets.token_urlsafe(15)
    await pool.execute(
        "INSERT INTO operators (id, email, password_hash) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        str(uuid.uuid4()),
        email,
        hash_password(password.encode()),
    )
    return password


async def add_demo(pool: "asyncpg.Pool[asyncpg.Record]") -> list[str]:
    """Add a small network (sites, stations of both versions, tokens) and return the ids of its stations."""
    await pool.executemany(
        "INSERT INTO sites (id, name, city, latitude, longitude, time_zone) VALUES ($1, $2, $3, $4, $5, $6) "
        "ON CONFLICT DO NOTHING",
        DEMO_SITES,
    )
    stations = [
        (f"DEMO-{n:03d}", DEMO_SITES[n % len(DEMO_SITES)][0], "ocpp1.6" if n % 2 else "ocpp2.0.1")
        for n in range(1, DEMO_STATIONS + 1)
    ]
    await pool.executemany(
        "INSERT INTO stations (id, site_id, subprotocol, heartbeat_s) VALUES ($1, $2, $3, 60) ON CONFLICT DO NOTHING",
        stations,
    )
    await pool.executemany(
        "INSERT INTO tokens (id, value, kind, status) VALUES ($1, $2, 'ISO14443', $3) ON CONFLICT DO NOTHING",
        [(str(uuid.uuid4()), value, status) for value, status in DEMO_TOKENS],
    )
    return [station for station, _, _ in stations]
