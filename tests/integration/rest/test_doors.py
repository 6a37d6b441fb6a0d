"""Every route: named in the documents, closed without a key, and refusing with problem documents."""

import re
from typing import Any

import httpx

from csms.features import routers
from csms.web.app import build_app
from tests.conftest import NO_TLS
from tests.integration.conftest import House

PUBLIC = {"/healthz", "/readyz"}
LONG = "x" * 2000


def routes() -> list[tuple[str, str]]:
    """Return method and path of all routes, out of the application itself."""
    found = [(method, route.path) for route in build_app(routers).routes for method in getattr(route, "methods", ())]
    return sorted((method, path) for method, path in found if method not in {"HEAD", "OPTIONS"})


def filled(path: str) -> str:
    """Return a path with something in its parameters."""
    return path.replace("{station_id:str}", "S").replace("{action:str}", "Reset").replace("{session_id:str}", "x")


def root(house: House) -> str:
    return str(house.http.base_url).removesuffix("/api/v1/")


async def test_no_route_but_health_opens_without_a_good_key(house: House) -> None:
    assert routers()
    async with httpx.AsyncClient(base_url=root(house), verify=NO_TLS) as anybody:
        for method, path in routes():
            for headers in ({}, {"X-API-Key": "wrong"}, {"X-API-Key": LONG}):
                answer = await anybody.request(method, filled(path), headers=headers)
                if path in PUBLIC:
                    assert answer.status_code == 200, path
                    continue
                assert answer.status_code == 401, (method, path, answer.text)
                assert answer.headers["content-type"] == "application/problem+json"
                assert answer.json()["status"] == 401


async def test_every_route_is_in_the_document(house: House) -> None:
    document = (await house.http.get(f"{root(house)}/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    told = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    for method, path in routes():
        if path.startswith("/api/") or path in {*PUBLIC, "/metrics"}:  # all but the document itself
            plain = path.replace(":str}", "}")
            assert (method, plain) in told, (method, plain)


async def test_no_route_ignores_a_parameter_that_it_does_not_know(house: House) -> None:
    for method, path in routes():
        answer = await house.http.request(method, root(house) + filled(path), params={"stauts": "x", "limt": "1"})
        assert answer.status_code == 422, (method, path)
        assert [error["path"] for error in answer.json()["errors"]] == ["limt", "stauts"]
    told = (await house.http.get("/tokens", params={"groups": "A"})).json()["errors"]
    assert told == [{"path": "groups", "message": "is not known; known here: after, group, limit, value"}]
    assert (await house.http.get("/stations/A", params={"station_id": "A"})).status_code == 422


async def test_health_and_readiness_and_metrics_tell_how_things_are(house: House) -> None:
    base = root(house)
    assert (await house.http.get(f"{base}/healthz")).json() == {"status": "alive"}
    ready = await house.http.get(f"{base}/readyz")
    assert ready.json() == {"status": "ready", "parts": {"database": True, "redis": True}}
    metrics = (await house.http.get(f"{base}/metrics")).text
    assert "csms_connections" in metrics
    assert "csms_frames_total" in metrics


REFUSALS: list[tuple[str, str, Any, int]] = [
    ("GET", "/stations/NOBODY", None, 404),
    ("PATCH", "/stations/NOBODY", {"heartbeat_s": 60}, 404),
    ("DELETE", "/stations/NOBODY", None, 404),
    ("PUT", "/stations/NOBODY/password", {"password": "long-enough"}, 404),
    ("GET", "/stations/NOBODY/connectors", None, 404),
    ("GET", "/stations/NOBODY/frames", None, 404),
    ("GET", "/stations/NOBODY/variables", None, 404),
    ("GET", "/stations/NOBODY/calls", None, 404),
    ("GET", "/stations/NOBODY/calls/x", None, 404),
    ("GET", "/stations/NOBODY/notices", None, 404),
    ("POST", "/stations/NOBODY/ocpp/Reset", {}, 404),
    ("POST", "/stations/NOBODY/commands/reset", {}, 404),
    ("GET", "/sessions/nothing", None, 404),
    ("GET", "/sessions/nothing/meter-values", None, 404),
    ("GET", "/tokens/nothing", None, 404),
    ("PATCH", "/tokens/nothing", {"status": "blocked"}, 404),
    ("DELETE", "/tokens/nothing", None, 404),
    ("GET", "/sites/nothing", None, 404),
    ("PATCH", "/sites/nothing", {"city": "C"}, 404),
    ("DELETE", "/sites/nothing", None, 404),
    ("GET", "/nowhere", None, 404),
    ("PUT", "/stations", {}, 405),
    ("POST", "/stations", {"id": "KNOWN"}, 409),
    ("POST", "/stations", {"id": "known"}, 409),
    ("POST", "/stations", {}, 422),
    ("POST", "/stations", {"id": ""}, 422),
    ("POST", "/stations", {"id": "a/b"}, 422),
    ("POST", "/stations", {"id": "a\u0000b"}, 422),
    ("POST", "/stations", {"id": LONG}, 422),
    ("POST", "/stations", {"id": "A", "unknown": 1}, 422),
    ("POST", "/stations", {"id": "A", "security_profile": 9}, 422),
    ("POST", "/stations", {"id": "A", "security_profile": 1}, 422),
    ("POST", "/stations", {"id": "A", "password": "short"}, 422),
    ("POST", "/stations", {"id": "A", "boot_policy": "perhaps"}, 422),
    ("POST", "/stations", [], 422),
    ("PATCH", "/stations/KNOWN", {"heartbeat_s": 0}, 422),
    ("POST", "/tokens", {"value": ""}, 422),
    ("POST", "/tokens", {"value": "T", "status": "expired"}, 422),
    ("POST", "/tokens", {"value": "T", "expires_at": "soon"}, 422),
    ("GET", "/stations?limit=0", None, 422),
    ("GET", "/stations?limit=501", None, 422),
    ("GET", "/stations?after=nonsense", None, 422),
    ("GET", "/sessions?after=nonsense", None, 422),
    ("GET", "/sessions?active=perhaps", None, 422),
    ("GET", "/tokens?after=nonsense", None, 422),
    ("GET", "/stations/KNOWN/frames?after=nonsense", None, 422),
    ("POST", "/stations/KNOWN/ocpp/Reset", {}, 409),
    ("POST", "/stations/KNOWN/commands/reset", {}, 409),
    ("POST", "/stations/KNOWN/commands/unlock", {"connector": 1}, 422),
]


async def test_the_document_tells_every_refusal_of_every_route(house: House) -> None:
    document = (await house.http.get(f"{root(house)}/openapi.json")).json()
    assert "Problem" in document["components"]["schemas"]
    for path, item in document["paths"].items():
        for method, operation in item.items():
            refused = refusals(operation)
            assert ("401" in refused) == (path not in PUBLIC), (method, path)
            assert "400" not in operation["responses"], (method, path)
            assert operation["description"], (method, path)
    for method, path, _, status in REFUSALS:
        found = [told for template, told in document["paths"].items() if matches(template, f"/api/v1{path}")]
        if found and method.lower() in found[0]:
            assert str(status) in refusals(found[0][method.lower()]), (method, path, status)


def refusals(operation: dict[str, Any]) -> set[str]:
    """Return the statuses that an operation answers with a problem document."""
    return {
        status
        for status, answer in operation["responses"].items()
        if "application/problem+json" in answer.get("content", {})
    }


def matches(template: str, path: str) -> bool:
    """Whether a path of the document is that of a request."""
    return re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path.partition("?")[0]) is not None


async def test_the_document_tells_the_headers_that_change_what_a_route_does(house: House) -> None:
    paths = (await house.http.get(f"{root(house)}/openapi.json")).json()["paths"]
    reset, change = (
        paths["/api/v1/stations/{station_id}/commands/reset"]["post"],
        paths["/api/v1/stations/{station_id}"],
    )
    stream = paths["/api/v1/events/stream"]["get"]
    assert headers(reset) == {"Prefer", "Idempotency-Key"}
    assert set(reset["responses"]) == {"200", "202", "401", "404", "409", "413", "422", "500", "503", "504"}
    assert headers(change["patch"]) == {"If-Match", "Idempotency-Key"}
    assert headers(stream) == {"Last-Event-ID"}
    assert "text/event-stream" in stream["responses"]["200"]["content"]
    assert paths["/healthz"]["get"]["security"] == []


def headers(operation: dict[str, Any]) -> set[str]:
    return {parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "header"}


async def test_every_refusal_is_a_problem_document_that_says_what_is_wrong(house: House) -> None:
    await house.register("KNOWN")
    for method, path, body, status in REFUSALS:
        answer = await house.http.request(method, path, json=body)
        case = (method, path[:60], str(body)[:60], answer.text[:200])
        assert answer.status_code == status, case
        assert answer.headers["content-type"] == "application/problem+json", case
        document = answer.json()
        assert document["status"] == status, case
        assert document["title"], case
        assert document["detail"], case
    assert [row["id"] for row in (await house.http.get("/stations")).json()["items"]] == ["KNOWN"]


async def test_a_body_that_is_no_json_or_too_large_is_refused(house: House) -> None:
    headers = {"Content-Type": "application/json"}
    broken = await house.http.post("/stations", content=b'{"id": ', headers=headers)
    assert broken.status_code == 422
    large = await house.http.post("/stations", content=b'{"id": "' + b"x" * 1_100_000 + b'"}', headers=headers)
    assert large.status_code == 413
    assert large.headers["content-type"] == "application/problem+json"


async def test_fields_at_fault_are_named(house: House) -> None:
    answer = await house.http.post("/stations", json={"id": "A", "security_profile": 1})
    assert answer.json()["errors"] == [{"path": "/password", "message": "is needed"}]


async def test_a_request_carries_its_id_there_and_back(house: House) -> None:
    named = await house.http.get("/stations", headers={"X-Request-ID": "my-request-77"})
    assert named.headers["x-request-id"] == "my-request-77"
    odd = await house.http.get("/stations", headers={"X-Request-ID": "a b\tc"})
    assert odd.headers["x-request-id"] != "a b\tc"
