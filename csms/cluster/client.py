"""The connection to a Redis-protocol server."""

from redis.asyncio import Redis
from redis.exceptions import RedisError

from csms.kit.failures import StartFailed
from csms.kit.urls import masked

AWAY = (RedisError, OSError, TimeoutError)


def open_client(url: str) -> Redis:
    """Return a client; nothing is connected yet. Raise `StartFailed` if the URL cannot be read."""
    try:
        return Redis.from_url(
            url, decode_responses=True, socket_timeout=15, socket_connect_timeout=3, health_check_interval=15
        )
    except (ValueError, TypeError) as error:
        raise StartFailed(f"REDIS_URL: cannot be read: {masked(url)}: {error}") from error


async def check(client: Redis, url: str) -> None:
    """Raise `StartFailed` with the name of the setting if nobody answers."""
    try:
        await client.ping()
    except AWAY as error:
        raise StartFailed(f"REDIS_URL: no server at {masked(url)}: {error or type(error).__name__}") from error
