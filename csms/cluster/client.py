"""The connection to a Redis-protocol server."""

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import RedisError

from csms.kit.failures import StartFailed
from csms.kit.urls import masked

AWAY = (RedisError, OSError, TimeoutError)
AGAIN_S = 0.5
"""How long to wait before the next try while the server is away."""


CONNECTIONS = 64
"""Who finds all of them taken waits for one: a burst of calls to stations is no outage."""


def open_client(url: str) -> Redis:
    """Return a client; nothing is connected yet. Raise `StartFailed` if the URL cannot be read.

    A command whose connection is lost is sent once more, for the one that lay in the pool may have
    ended long ago: whatever is sent must do no harm if it comes twice.
    """
    try:
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=CONNECTIONS,
            timeout=10,
            retry=Retry(NoBackoff(), 1, supported_errors=(ConnectionLost,)),
            decode_responses=True,
            socket_timeout=15,
            socket_connect_timeout=3,
            health_check_interval=15,
        )
        return Redis.from_pool(pool)
    except (ValueError, TypeError) as error:
        raise StartFailed(f"REDIS_URL: cannot be read: {masked(url)}: {error}") from error


async def check(client: Redis, url: str) -> None:
    """Raise `StartFailed` with the name of the setting if nobody answers."""
    try:
        await client.ping()
    except AWAY as error:
        raise StartFailed(f"REDIS_URL: no server at {masked(url)}: {error or type(error).__name__}") from error
