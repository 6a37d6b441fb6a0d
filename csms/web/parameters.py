"""What may stand in the query of a request: what its route reads, and nothing else."""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from csms.web.problems import FieldError, Problem

NO_PARAMETERS = frozenset({"request", "data"})
"""Arguments of a route that do not come out of its query."""


async def refuse_unknown(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Refuse a request with a parameter that would be ignored: a misspelt filter answers another question."""
    if not connection.query_params:
        return
    arguments = handler.parsed_fn_signature.parameters.items()
    named = {getattr(field.kwarg_definition, "name", None) or name for name, field in arguments}
    known = named - NO_PARAMETERS - connection.path_params.keys()
    unknown = sorted(connection.query_params.keys() - known)
    if unknown:
        there = f"known here: {', '.join(sorted(known))}" if known else "this route reads none"
        errors = [FieldError(name, f"is not known; {there}") for name in unknown]
        raise Problem(422, "a parameter of the query is not known", errors=errors)
