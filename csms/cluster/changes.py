"""Which stations were set up in another way, told to the nodes that have them."""

import asyncio
from collections.abc import Callable

import structlog
from redis.asyncio import Redis

from csms.cluster.client import AGAIN_S, AWAY
from csms.cluster.keys import Keys

log = structlog.get_logger(__name__)


class ChangeNotices:
    """Tells of changes. One that is lost with Redis is seen at the station's next connection."""

    def __init__(self, *, client: Redis, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    async def tell(self, station: str) -> None:
        """Tell all nodes that a station was set up in another way; never raises."""
        try:
            await self._client.publish(self._keys.changes, station)
        except AWAY as error:
            log.warning("change_not_told", station=station, error=str(error))


async def listen_for_changes(client: Redis, keys: Keys, changed: Callable[[str], None]) -> None:
    """Tell `changed` of every station that was set up in another way, until cancelled; outages are waited out."""
    while True:
        try:
            async with client.pubsub() as channel:
                await channel.subscribe(keys.changes)
                while True:
                    message = await channel.get_message(ignore_subscribe_messages=True, timeout=10)
                    if message is not None:
                        changed(str(message["data"]))
        except AWAY:
            await asyncio.sleep(AGAIN_S)
