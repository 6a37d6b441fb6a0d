"""Connections to Postgres."""

import asyncpg

from csms.kit.failures import StartFailed
from csms.kit.urls import masked

OPTIONS = {"application_name": "csms", "jit": "off"}
AWAY = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)
"""How the database says that it cannot answer now; what it refuses for its content is told apart first."""
REFUSALS = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
    OverflowError,
    ValueError,
)
"""What the database says of a content that it will never take: a name too long for any index is such."""
MISTAKES = ("21", "42")
"""Classes of SQLSTATE of a statement that is wrong, whatever the database is like: more rows than one, no such name."""
FORBIDDEN = "42501"
"""A right that we lack is not the statement's fault: an operator can give it."""
UNREACHABLE = (*AWAY, ValueError)
"""How it shows that a URL leads to no database that lets us in."""


def is_mistake(error: BaseException) -> bool:
    """Whether the database is there and well, and what we asked of it was wrong: it will be wrong the next time too."""
    state = getattr(error, "sqlstate", None)
    return isinstance(state, str) and state[:2] in MISTAKES and state != FORBIDDEN


def is_refusal(error: BaseException) -> bool:
    """Whether the database will never take this: for its content, or for a mistake of ours."""
    return isinstance(error, REFUSALS) or is_mistake(error)


async def connect(dsn: str) -> "asyncpg.Connection[asyncpg.Record]":
    """Open one connection."""
    return await asyncpg.connect(dsn, server_settings=OPTIONS, timeout=10, command_timeout=30)


async def connect_patiently(dsn: str) -> "asyncpg.Connection[asyncpg.Record]":
    """Open one connection whose statements may take their time; raise `StartFailed` as `open_pool` does."""
    try:
        return await asyncpg.connect(dsn, server_settings=OPTIONS, timeout=10)
    except UNREACHABLE as error:
        raise _no_database(dsn, error) from error


async def open_pool(dsn: str, *, size: int) -> "asyncpg.Pool[asyncpg.Record]":
    """Open a pool, or raise `StartFailed` with the name of the setting to look at."""
    try:
        return await asyncpg.create_pool(
            dsn, min_size=1, max_size=size, server_settings=OPTIONS, timeout=10, command_timeout=30
        )
    except UNREACHABLE as error:
        raise _no_database(dsn, error) from error


def _no_database(dsn: str, error: Exception) -> StartFailed:
    return StartFailed(f"DATABASE_URL: no database at {masked(dsn)}: {error or type(error).__name__}")
