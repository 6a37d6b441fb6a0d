"""Who may use the API: the holders of keys."""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from csms.web.desk import desk_of
from csms.web.problems import Problem

HEADER = "X-API-Key"


async def need_key(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Refuse a request without a key that is known."""
    if handler.opt.get("public"):
        return
    given = connection.headers.get(HEADER)
    if not given:
        raise Problem(401, f"an API key is needed in the header {HEADER}")
    caller = await desk_of(connection).callers.holder_of(given)
    if caller is None:
        raise Problem(401, "the API key is not known or no longer valid")
    connection.state.caller = caller
