"""The connection to a Redis-protocol server."""

import re

from redis.asyncio import Redis
from redis.exceptions import RedisError

from csms.kit.failures import StartFailed

AWAY = (RedisError, OSError, TimeoutError)


def masked(url: str) -> str:
    """Return an URL without its password."""
    return re.sub(r"(://[^:/@]*):[^@]*@", r"\1:***@", url)


def open_client(url: str) -> Redis:
    """Return a client; nothing is connected yet."""
    return Redis.from_url(
        url, decode_responses=True, socket_timeout=15, socket_connect_timeout=3, health_check_interval=15
    )


async def check(client: Redis, url: str) -> None:
    """Raise `StartFailed` with the name of the setting if nobody answers."""
    try:
        await client.ping()
    except AWAY as error:
        raise StartFailed(f"REDIS_URL: no server at {masked(url)}: {error}") from error
