"""Routes of tokens."""

import uuid
from datetime import datetime
from typing import Annotated, Any, Literal

import asyncpg
import msgspec
from litestar import Request, Response, Router, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import UNSET, Meta, Struct, UnsetType

from csms.web.desk import desk_of
from csms.web.pagination import Page, cursor_of, page_of, read_cursor
from csms.web.problems import FieldError, Problem

AnyRequest = Request[Any, Any, Any]
NAMED = {"refuses": (404,)}
Limit = Annotated[int, QueryParameter(ge=1, le=500)]
Status = Literal["accepted", "blocked", "no-credit"]
STATUSES = {"accepted": "Accepted", "blocked": "Blocked", "no-credit": "NoCredit"}

SELECT = """
SELECT id, value, kind, CASE status WHEN 'NoCredit' THEN 'no-credit' ELSE lower(status) END AS status, "group",
    expires_at, created_at FROM tokens
"""


class NewToken(Struct, frozen=True, forbid_unknown_fields=True):
    """A token to add. A status of `expired` is what `expires_at` in the past makes."""

    value: Annotated[str, Meta(min_length=1, max_length=255)]
    kind: Annotated[str, Meta(min_length=1, max_length=20)] = "ISO14443"
    status: Status = "accepted"
    group: Annotated[str, Meta(min_length=1, max_length=36)] | None = None
    expires_at: datetime | None = None


class TokenChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What to change of a token; what is left out stays."""

    status: Status | UnsetType = UNSET
    group: Annotated[str, Meta(min_length=1, max_length=36)] | None | UnsetType = UNSET
    expires_at: datetime | None | UnsetType = UNSET


class Token(Struct, frozen=True):
    """A token as it is kept."""

    id: str
    value: str
    kind: str
    status: str
    group: str | None
    expires_at: datetime | None
    created_at: datetime


@post("/")
async def create_token(request: AnyRequest, data: JSONBody[NewToken]) -> Response[Token]:
    """Add a token; it is good at once."""
    token = str(uuid.uuid4())
    pool = desk_of(request).pool
    try:
        await pool.execute(
            'INSERT INTO tokens (id, value, kind, status, "group", expires_at) VALUES ($1, $2, $3, $4, $5, $6)',
            token,
            data.value,
            data.kind,
            STATUSES[data.status],
            data.group,
            data.expires_at,
        )
    except asyncpg.UniqueViolationError as error:
        raise Problem(409, "there is such a token already", errors=[FieldError("/value", "is taken")]) from error
    return Response(await _one(pool, token), status_code=201)


@get("/")
async def list_tokens(
    request: AnyRequest,
    limit: Limit = 50,
    after: FromQuery[str | None] = None,
    value: FromQuery[str | None] = None,
    group: FromQuery[str | None] = None,
) -> Page[Token]:
    """List tokens by value."""
    at, token = read_cursor(after, tuple[str, str]) or (None, None)
    records = await desk_of(request).pool.fetch(
        SELECT
        + """WHERE ($1::text IS NULL OR lower(value) = lower($1)) AND ($2::text IS NULL OR "group" = $2)
             AND ($3::text IS NULL OR (value, id) > ($3, $4)) ORDER BY value, id LIMIT $5""",
        value,
        group,
        at,
        token,
        limit + 1,
    )
    return page_of([Token(**dict(record)) for record in records], limit, lambda row: cursor_of(row.value, row.id))


@get("/{token_id:str}", opt=NAMED)
async def show_token(request: AnyRequest, token_id: FromPath[str]) -> Token:
    """Show one token."""
    return await _one(desk_of(request).pool, token_id)


@patch("/{token_id:str}", opt=NAMED)
async def change_token(request: AnyRequest, token_id: FromPath[str], data: JSONBody[TokenChange]) -> Token:
    """Change a token; it holds for the next time that it is presented."""
    pool = desk_of(request).pool
    values = {name: value for name, value in msgspec.structs.asdict(data).items() if value is not UNSET}
    if "status" in values:
        values["status"] = STATUSES[values["status"]]
    if values:
        sets = ", ".join(f'"{name}" = ${n}' for n, name in enumerate(values, start=2))
        await pool.execute(f"UPDATE tokens SET {sets} WHERE id = $1", token_id, *values.values())
    return await _one(pool, token_id)


@delete("/{token_id:str}", opt=NAMED)
async def delete_token(request: AnyRequest, token_id: FromPath[str]) -> None:
    """Forget a token."""
    if await desk_of(request).pool.execute("DELETE FROM tokens WHERE id = $1", token_id) != "DELETE 1":
        raise Problem(404, f"there is no token {token_id}")


async def _one(pool: "asyncpg.Pool[asyncpg.Record]", token: str) -> Token:
    record = await pool.fetchrow(SELECT + "WHERE id = $1", token)
    if record is None:
        raise Problem(404, f"there is no token {token}")
    return Token(**dict(record))


tokens = Router(
    "/tokens", tags=["tokens"], route_handlers=[create_token, list_tokens, show_token, change_token, delete_token]
)
