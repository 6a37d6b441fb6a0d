"""One canonical line in the log for each request, and an id to find it by."""

import re
import time
import uuid
from typing import Any

import structlog
from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from csms.web.desk import desk_in

log = structlog.get_logger(__name__)

HEADER = "X-Request-ID"
_GOOD_ID = re.compile(r"^[A-Za-z0-9._-]{8,64}$")


def request_line(app: ASGIApp) -> ASGIApp:
    """Wrap an application: time each request, name it, and log it once it has been answered."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500
        given = dict(scope["headers"]).get(HEADER.lower().encode(), b"").decode("latin-1")
        request_id = given if _GOOD_ID.match(given) else str(uuid.uuid4())

        async def send_named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableScopeHeaders.from_message(message)[HEADER] = request_id
            await send(message)

        try:
            await app(scope, receive, send_named)
        finally:
            seconds = time.perf_counter() - began
            _note(scope, request_id, status, seconds)

    return wrapped


def _note(scope: Any, request_id: str, status: int, seconds: float) -> None:
    route = scope.get("path_template") or "other"
    caller = scope.get("state", {}).get("caller")
    desk_in(scope).metrics.requests.labels(scope["method"], route, str(status)).observe(seconds)
    log.info(
        "request",
        method=scope["method"],
        path=scope["raw_path"].decode("latin-1"),
        status=status,
        ms=round(seconds * 1000, 1),
        request=request_id,
        caller=getattr(caller, "name", None),
    )
