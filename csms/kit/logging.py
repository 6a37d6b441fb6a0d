"""Logs: one line an event, values as keys, secrets masked, hostile text made harmless."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

SECRET = re.compile(r"pass(word)?|secret|token_hash|authorization|api_?key|credential|cookie", re.IGNORECASE)
IN_TEXT = re.compile(
    r'(?i)("(?:key|variable|name)"\s*:\s*(?:\{[^{}]{0,40})?"(?:AuthorizationKey|BasicAuthPassword|StationPassword)"[^]]{0,60}?"(?:value|attributeValue)"\s*:\s*")[^"]*'
)
IN_URL = re.compile(r"(\w+://[^:/@\s]*):[^@\s]+@")
LONGEST = 2000


def mask(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Hide what is secret by its name, by its place in a URL or in a configuration (Q126, Q127)."""
    for key, value in event.items():
        if SECRET.search(key) and value is not None:
            event[key] = "***"
        elif isinstance(value, str) and key != "exception":
            text = IN_URL.sub(r"\1:***@", IN_TEXT.sub(r"\1***", value))
            event[key] = text[:LONGEST].replace("\n", "\\n").replace("\r", "\\r")
    return event


def set_up(*, json: bool, level: str = "INFO") -> None:
    """Send structlog's and the standard library's records to stdout in one form."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        mask,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if json
        else structlog.dev.ConsoleRenderer(
            colors=sys.stdout.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for noisy in ("uvicorn.access", "alembic", "httpx"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
