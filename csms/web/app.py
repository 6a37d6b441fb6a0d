"""The HTTP application, out of its features."""

from collections.abc import Callable, Sequence
from functools import cache

import asyncpg
from litestar import Litestar, Router
from litestar.config.compression import CompressionConfig
from litestar.exceptions import HTTPException, ValidationException

from csms.ports.journal import JournalUnavailable
from csms.web import openapi
from csms.web.idempotency import Idempotency
from csms.web.keys import need_key
from csms.web.parameters import refuse_unknown
from csms.web.problems import Problem, on_bad_text, on_failure, on_http_error, on_invalid, on_problem, on_unavailable
from csms.web.requests import request_line

MAX_BODY = 1_048_576


@cache
def build_app(routers: Callable[[], Sequence[Router]]) -> Litestar:
    """Return the application that serves `routers`: built once in a process, whose requests carry their desk."""
    return Litestar(
        route_handlers=list(routers()),
        guards=[need_key, refuse_unknown],
        middleware=[request_line, Idempotency],
        exception_handlers={
            Problem: on_problem,
            ValidationException: on_invalid,
            HTTPException: on_http_error,
            asyncpg.DataError: on_bad_text,
            JournalUnavailable: on_unavailable,
            Exception: on_failure,
        },
        request_max_body_size=MAX_BODY,
        compression_config=CompressionConfig(backend="gzip", minimum_size=1024, exclude=["/api/v1/events/stream"]),
        openapi_config=openapi.config(),
        logging_config=None,
        debug=False,
    )
