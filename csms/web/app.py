"""The HTTP application, out of its features."""

from collections.abc import Sequence
from typing import Any

import asyncpg
from litestar import Litestar, Router
from litestar.config.compression import CompressionConfig
from litestar.datastructures import State
from litestar.exceptions import HTTPException, ValidationException
from litestar.middleware import DefineMiddleware
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from csms import __version__
from csms.web.desk import Desk
from csms.web.idempotency import Idempotency
from csms.web.keys import HEADER, KeyGuard
from csms.web.problems import Problem, on_bad_text, on_failure, on_http_error, on_invalid, on_problem
from csms.web.requests import request_line

MAX_BODY = 1_048_576


def build_app(*, desk: Desk, routers: Sequence[Router]) -> Litestar:
    """Return the application that serves `routers`."""
    keys = KeyGuard()
    return Litestar(
        route_handlers=list(routers),
        state=State({"desk": desk}),
        guards=[keys],
        middleware=[request_line, DefineMiddleware(Idempotency, callers=keys)],
        exception_handlers={
            Problem: on_problem,
            ValidationException: on_invalid,
            HTTPException: on_http_error,
            asyncpg.DataError: on_bad_text,
            Exception: on_failure,
        },
        request_max_body_size=MAX_BODY,
        compression_config=CompressionConfig(backend="gzip", minimum_size=1024, exclude=["/api/v1/events/stream"]),
        openapi_config=_openapi(),
        logging_config=None,
        debug=False,
    )


def _openapi() -> OpenAPIConfig:
    scheme = SecurityScheme(type="apiKey", name=HEADER, security_scheme_in="header")
    security: list[dict[str, list[Any]]] = [{"key": []}]
    return OpenAPIConfig(
        title="CSMS",
        version=__version__,
        description="Stations, sessions, tokens and commands of a charging network.",
        path="/",
        render_plugins=[JsonRenderPlugin(path="/openapi.json")],
        components=Components(security_schemes={"key": scheme}),
        security=security,
    )
