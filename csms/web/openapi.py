"""The OpenAPI document: what the framework derives from the routes, with all that they refuse.

A route names the refusals that only it knows (`opt={"refuses": (404,)}`) and the headers that it
reads (`opt={"reads": ("If-Match",)}`); what holds for many routes is derived here.
"""

from collections.abc import Iterator
from typing import Any

from litestar import Litestar, Request
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from csms import __version__
from csms.web.idempotency import WRITES
from csms.web.keys import HEADER
from csms.web.problems import MEDIA_TYPE, TITLES

PATH = "/openapi.json"
IDEMPOTENCY_KEY = "Idempotency-Key"
READS = {
    IDEMPOTENCY_KEY: "the same request with the same key is done once, and answered the same for a day",
    "If-Match": "the ETag that the resource must still have",
    "Last-Event-ID": "the id of the last event that was seen; those after it come first",
    "Prefer": "`respond-async` gives 202 at once, and the place where the end of the call will be told",
}
PROBLEM = {
    "type": "object",
    "description": "Why a request was refused (RFC 9457); other members tell more where there is more to tell.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["path", "message"],
                "properties": {
                    "path": {"type": "string", "description": "a JSON pointer into the body, or a parameter's name"},
                    "message": {"type": "string"},
                },
            },
        },
    },
}


class DocumentPlugin(JsonRenderPlugin):
    """Renders the document once it has been completed."""

    def __init__(self) -> None:
        super().__init__(path=PATH)

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """Return the document as JSON."""
        return super().render(request, completed(openapi_schema, dict(_opts(request.app))))


def config() -> OpenAPIConfig:
    """Return how the framework is to describe the routes."""
    scheme = SecurityScheme(type="apiKey", name=HEADER, security_scheme_in="header")
    security: list[dict[str, list[Any]]] = [{"key": []}]
    return OpenAPIConfig(
        title="CSMS",
        version=__version__,
        description="Stations, sessions, tokens and commands of a charging network.",
        path="/",
        use_handler_docstrings=True,
        render_plugins=[DocumentPlugin()],
        components=Components(security_schemes={"key": scheme}),
        security=security,
    )


def completed(document: dict[str, Any], opts: dict[tuple[str, str], dict[str, Any]]) -> dict[str, Any]:
    """Return the document with refusals and headers; `opts` are those of each method and path."""
    components = document["components"]
    paths = {
        path: {
            method: _operation(method.upper(), told, opts.get((method.upper(), path), {}))
            for method, told in item.items()
        }
        for path, item in document["paths"].items()
    }
    schemas = components["schemas"] | {"Problem": PROBLEM}
    return document | {"paths": paths, "components": components | {"schemas": schemas}}


def _operation(method: str, told: dict[str, Any], opt: dict[str, Any]) -> dict[str, Any]:
    reads = (*opt.get("reads", ()), *((IDEMPOTENCY_KEY,) if method in WRITES else ()))
    answers = {status: answer for status, answer in told["responses"].items() if status != "400"}
    if "Prefer" in reads:
        answers["202"] = answers["200"] | {"description": "The call goes on; `Location` tells where its end is told"}
    answers |= {str(status): _refusal(status) for status in sorted(_refused(method, opt))}
    parameters = [*told.get("parameters", ()), *map(_header, reads)]
    security: dict[str, Any] = {"security": []} if opt.get("public") else {}
    return told | security | {"responses": answers} | ({"parameters": parameters} if parameters else {})


def _refused(method: str, opt: dict[str, Any]) -> set[int]:
    """Return the statuses of all refusals of a route."""
    refused = {422, 500, *opt.get("refuses", ())}
    if not opt.get("public"):
        refused.add(401)
    if method in WRITES:
        refused |= {409, 413}
    return refused


def _refusal(status: int) -> dict[str, Any]:
    return {
        "description": TITLES[status],
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


def _header(name: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": False, "description": READS[name], "schema": {"type": "string"}}


def _opts(app: Litestar) -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            for method in getattr(handler, "http_methods", ()):
                yield (str(method), route.path_format), handler.opt
