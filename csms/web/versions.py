"""Changes that hold only if nobody made another one meanwhile: `ETag` tells a version, `If-Match` asks for one."""

from collections.abc import Sequence
from typing import Any, TypeVar

from litestar import Request, Response

from csms.web.problems import Problem

Body = TypeVar("Body")
CONDITIONAL = {"refuses": (404, 412), "reads": ("If-Match",)}
"""What a route tells in the API's document that takes a condition."""


def tagged(body: Body, version: int, *, status: int = 200) -> Response[Body]:
    """Return an answer that tells which version of a resource it is."""
    return Response(body, status_code=status, headers={"ETag": f'"{version}"'})


def wanted_versions(request: Request[Any, Any, Any]) -> Sequence[int] | None:
    """Return the versions of which a resource must have one; None for any.

    A tag that is none of ours, or a weak one, is that of no version (RFC 9110 §13.1.1).
    """
    condition = request.headers.get("If-Match", "*")
    if condition.strip() == "*":
        return None
    tags = (tag.strip() for tag in condition.split(","))
    return [int(number) for tag in tags if (number := tag.removeprefix('"').removesuffix('"')).isdecimal()]


def changed_meanwhile(what: str) -> Problem:
    """Return the refusal of a change whose condition does not hold."""
    return Problem(412, f"the {what} was changed meanwhile; read it again")
