"""Routes of tokens."""

from collections.abc import Sequence
from typing import Annotated, Any, NoReturn

import msgspec
from litestar import Request, Response, Router, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import UNSET, UnsetType

from csms.features.tokens.repository import Tokens
from csms.features.tokens.schemas import NewToken, Place, Token, TokenChange
from csms.web.desk import desk_of
from csms.web.pagination import Page, cursor_of, page_of, read_cursor
from csms.web.problems import FieldError, Problem
from csms.web.versions import CONDITIONAL, changed_meanwhile, tagged, wanted_versions

AnyRequest = Request[Any, Any, Any]
NAMED = {"refuses": (404,)}
Limit = Annotated[int, QueryParameter(ge=1, le=500)]


@post("/")
async def create_token(request: AnyRequest, data: JSONBody[NewToken]) -> Response[Token]:
    """Add a token; it is good at once."""
    tokens = Tokens(desk_of(request).pool)
    await _check_places(tokens, data.places)
    token_id = await tokens.add(msgspec.structs.asdict(data))
    if token_id is None:
        raise Problem(409, "there is such a token already", errors=[FieldError("/value", "is taken")])
    return await _told(tokens, token_id, status=201)


@get("/")
async def list_tokens(
    request: AnyRequest,
    limit: Limit = 50,
    after: FromQuery[str | None] = None,
    value: FromQuery[str | None] = None,
    group: FromQuery[str | None] = None,
) -> Page[Token]:
    """List tokens by value."""
    cursor = read_cursor(after, tuple[str, str])
    rows = await Tokens(desk_of(request).pool).some(value=value, group=group, after=cursor, limit=limit + 1)
    return page_of(rows, limit, lambda row: cursor_of(row.value, row.id))


@get("/{token_id:str}", opt=NAMED)
async def show_token(request: AnyRequest, token_id: FromPath[str]) -> Response[Token]:
    """Show one token."""
    return await _told(Tokens(desk_of(request).pool), token_id)


@patch("/{token_id:str}", opt=CONDITIONAL)
async def change_token(request: AnyRequest, token_id: FromPath[str], data: JSONBody[TokenChange]) -> Response[Token]:
    """Change a token; it holds for the next time that it is presented. With `If-Match`, only if nobody changed it meanwhile."""
    tokens = Tokens(desk_of(request).pool)
    await _check_places(tokens, data.places)
    changes = {name: value for name, value in msgspec.structs.asdict(data).items() if value is not UNSET}
    if not await tokens.change(token_id, changes, versions=wanted_versions(request)):
        await _refuse(tokens, token_id)
    return await _told(tokens, token_id)


@delete("/{token_id:str}", opt=CONDITIONAL)
async def delete_token(request: AnyRequest, token_id: FromPath[str]) -> None:
    """Forget a token."""
    tokens = Tokens(desk_of(request).pool)
    if not await tokens.remove(token_id, versions=wanted_versions(request)):
        await _refuse(tokens, token_id)


async def _check_places(tokens: Tokens, places: Sequence[Place] | UnsetType) -> None:
    """Refuse places that name neither a site nor a station, or both, or one that there is not."""
    if places is UNSET or not places:
        return
    faults = [
        FieldError(f"/places/{n}", "names a site, or a station and perhaps some of its EVSEs")
        for n, place in enumerate(places)
        if (place.site is None) == (place.station is None) or (place.evses and place.station is None)
    ]
    if not faults:
        faults = [FieldError(f"/places/{n}", "is not known") for n in await tokens.unknown(places)]
    if faults:
        raise Problem(422, "a place is not one where a token can be let in", errors=faults)


async def _told(tokens: Tokens, token_id: str, *, status: int = 200) -> Response[Token]:
    token = await tokens.one(token_id)
    if token is None:
        raise _absence(token_id)
    return tagged(token, token.version, status=status)


async def _refuse(tokens: Tokens, token_id: str) -> NoReturn:
    """Say why nothing was written."""
    raise changed_meanwhile("token") if await tokens.one(token_id) is not None else _absence(token_id)


def _absence(token_id: str) -> Problem:
    return Problem(404, f"there is no token {token_id}")


tokens = Router(
    "/tokens", tags=["tokens"], route_handlers=[create_token, list_tokens, show_token, change_token, delete_token]
)
