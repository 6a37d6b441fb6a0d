"""Connections to Postgres."""

from urllib.parse import urlsplit

import asyncpg

from csms.kit.failures import StartFailed

OPTIONS = {"application_name": "csms", "jit": "off"}


def masked(url: str) -> str:
    """Return an URL without its password."""
    parts = urlsplit(url)
    return parts._replace(netloc=f"{parts.username or ''}@{parts.hostname}:{parts.port or ''}").geturl()


async def connect(dsn: str) -> "asyncpg.Connection[asyncpg.Record]":
    """Open one connection."""
    return await asyncpg.connect(dsn, server_settings=OPTIONS, timeout=10, command_timeout=30)


async def open_pool(dsn: str, *, size: int) -> "asyncpg.Pool[asyncpg.Record]":
    """Open a pool, or raise `StartFailed` with the name of the setting to look at."""
    try:
        return await asyncpg.create_pool(
            dsn, min_size=1, max_size=size, server_settings=OPTIONS, timeout=10, command_timeout=30
        )
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ValueError, TimeoutError) as error:
        raise StartFailed(f"DATABASE_URL: no database at {masked(dsn)}: {error}") from error
