"""The live stream: server-sent events that can be resumed."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
from litestar import Request, Router, get
from litestar.params import FromQuery
from litestar.response import ServerSentEvent, ServerSentEventMessage

from csms.ports.events import Fact
from csms.ports.live import LiveFact
from csms.web.desk import desk_of

RETRY_MS = 2000


@get("/stream", media_type="text/event-stream", opt={"reads": ("Last-Event-ID",)})
async def stream(
    request: Request[Any, Any, Any],
    station: FromQuery[str | None] = None,
    type: FromQuery[str | None] = None,  # noqa: A002  # a filter
) -> ServerSentEvent:
    """Follow facts as they happen; with `Last-Event-ID`, those first that were missed.

    The stream ends for a client that falls behind: it comes back with the last id that it saw.
    """

    def accepts(fact: Fact) -> bool:
        return (station is None or fact.station == station) and (type is None or fact.type == type)

    following = desk_of(request).live.follow(accepts=accepts, after=request.headers.get("Last-Event-ID"))
    return ServerSentEvent(_messages(following), retry_duration=RETRY_MS)


async def _messages(following: AsyncIterator[LiveFact | None]) -> AsyncIterator[ServerSentEventMessage]:
    yield ServerSentEventMessage(comment="connected", data=None)
    async for live in following:
        if live is None:
            yield ServerSentEventMessage(comment="still here", data=None)
            continue
        fact = live.fact
        data = (
            f'{{"station":{_text(fact.station)},"entity":"{"session" if fact.kind == 2 else "station"}",'  # noqa: PLR2004
            f'"key":{_text(fact.key)},"sequence":{fact.sequence},"type":"{fact.type}","data":{bytes(fact.data).decode()}}}'
        )
        yield ServerSentEventMessage(id=live.id, event=fact.type, data=data)


def _text(text: str) -> str:
    return msgspec.json.encode(text).decode()


events = Router("/events", tags=["events"], route_handlers=[stream])
