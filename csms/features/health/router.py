"""Whether the process lives, whether it may take traffic, and its metrics; served by every role."""

from typing import Any

from litestar import MediaType, Request, Response, Router, get
from prometheus_client import generate_latest

from csms.web.desk import desk_of


@get("/healthz", opt={"public": True})
async def healthz() -> dict[str, str]:
    """Say that the program lives."""
    return {"status": "alive"}


@get("/readyz", opt={"public": True, "refuses": (503,)})
async def readyz(request: Request[Any, Any, Any]) -> Response[dict[str, Any]]:
    """Say whether the program may take traffic, and what of it is not well."""
    parts = await desk_of(request).health()
    ready = parts.get("database", False)
    return Response({"status": "ready" if ready else "not ready", "parts": parts}, status_code=200 if ready else 503)


@get("/metrics", media_type=MediaType.TEXT)
async def metrics(request: Request[Any, Any, Any]) -> str:
    """Give all metrics in the form of Prometheus."""
    return generate_latest(desk_of(request).metrics.registry).decode()


health = Router("/", tags=["health"], route_handlers=[healthz, readyz, metrics])
