"""Every refusal is a problem document (RFC 9457)."""

import re
from typing import Any

import asyncpg
import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from msgspec import Struct

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
UNPROCESSABLE = 422
_MEMBER = re.compile(r"^Object (?:missing required|contains unknown) field `(.*)`$")
_STEPS = re.compile(r"[^.\[\]]+")
TITLES = {
    400: "Bad request",
    401: "Not authenticated",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    412: "Changed meanwhile",
    413: "Too large",
    415: "Media type not supported",
    422: "Not valid",
    428: "Condition needed",
    429: "Too many requests",
    500: "Internal error",
    502: "Bad answer of a station",
    503: "Not available",
    504: "No answer in time",
}


class FieldError(Struct, frozen=True):
    """What is wrong with one field; `path` is a JSON pointer into the body, or the name of a parameter."""

    path: str
    message: str


class Problem(Exception):
    """A refusal, on its way to becoming a document."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        kind: str = "about:blank",
        errors: list[FieldError] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.kind = kind
        self.errors = errors or []
        self.more = more


def _document(problem: Problem, headers: dict[str, str] | None = None) -> Response[dict[str, Any]]:
    body: dict[str, Any] = {
        "type": problem.kind,
        "title": TITLES.get(problem.status, "Error"),
        "status": problem.status,
        "detail": problem.detail,
        **problem.more,
    }
    if problem.errors:
        body["errors"] = problem.errors
    return Response(body, status_code=problem.status, media_type=MEDIA_TYPE, headers=headers)


def on_problem(_: Request[Any, Any, Any], problem: Problem) -> Response[dict[str, Any]]:
    """Answer a refusal of ours."""
    headers = {"WWW-Authenticate": "X-API-Key"} if problem.status == 401 else None  # noqa: PLR2004
    return _document(problem, headers)


def on_invalid(_: Request[Any, Any, Any], error: ValidationException) -> Response[dict[str, Any]]:
    """Answer a body or a parameter that has the wrong form, naming each field."""
    extra = error.extra if isinstance(error.extra, list) else []
    errors = [_field_error(item) for item in extra]
    return _document(Problem(UNPROCESSABLE, error.detail.partition(" for ")[0], errors=errors))


def _field_error(told: dict[str, Any]) -> FieldError:
    """Read what the framework says: it calls the body `data`, and names missing members in words only."""
    key, message = str(told.get("key", "")), str(told.get("message", ""))
    if told.get("source") != "body":
        return FieldError(key, message)
    named = _MEMBER.search(message)
    is_body = key == "data" and (named is not None or message.startswith("Expected `object`"))
    path = "" if is_body else "/" + key.replace("[", ".").replace("]", "").replace(".", "/")
    return FieldError(path if named is None else f"{path}/{named[1]}", message)


def body_error(error: msgspec.ValidationError, *, under: str = "") -> FieldError:
    """Return what is wrong with a body that was read by hand, `under` a member of another one."""
    message, _, where = str(error).partition(" - at `$")
    named = _MEMBER.search(message)
    path = "".join(f"/{part}" for part in _STEPS.findall(where.rstrip("`")))
    return FieldError(f"{under}{path}/{named[1]}" if named else f"{under}{path}", message)


def on_http_error(_: Request[Any, Any, Any], error: HTTPException) -> Response[dict[str, Any]]:
    """Answer what the framework refuses."""
    status = UNPROCESSABLE if error.status_code == 400 else error.status_code  # noqa: PLR2004  # a body that is no JSON
    return _document(Problem(status, error.detail), dict(error.headers or {}))


def on_bad_text(_: Request[Any, Any, Any], error: asyncpg.DataError) -> Response[dict[str, Any]]:
    """Answer what no column can hold: a text with a NUL, a number beyond all bounds."""
    log.info("value_not_storable", reason=str(error))
    return _document(Problem(UNPROCESSABLE, "a value cannot be stored: a NUL in a text, or a number out of range"))


def on_unavailable(_: Request[Any, Any, Any], error: Exception) -> Response[dict[str, Any]]:
    """Answer that the database is away."""
    log.warning("request_not_served", reason=str(error))
    return _document(Problem(503, "the database is away; try again later"))


def on_failure(request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, Any]]:
    """Answer a failure of ours, telling nothing of its inside."""
    log.error("request_failed", path=request.scope["raw_path"].decode("latin-1"), exc_info=error)
    return _document(Problem(500, "something went wrong; the log has more"))
