"""The official schemas, read apart from the server's own reading of them."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema_rs

FOLDERS = {"1.6": "v16", "2.0.1": "v201", "2.1": "v21"}
NOW = "2026-11-24T10:00:00Z"


def minimal(version: str, action: str) -> dict[str, Any]:
    """Return a call of nothing but mandatory members, each as small as its schema allows."""
    schema = _schema(version, action, "Request")
    return dict(_smallest(schema, schema))


def faults(version: str, action: str, kind: str, payload: Any) -> list[str]:
    """Return what breaks the schema of a `Request` or `Response`; times count too."""
    return [
        f"{error.instance_path}: {error.message}" for error in _validator(version, action, kind).iter_errors(payload)
    ]


def enumerated(version: str, action: str, kind: str, member: str) -> list[str]:
    """Return the words that a member of a `Request` or `Response` may have; none if it is not there, or is no word."""
    schema = _schema(version, action, kind)
    found = schema.get("properties", {}).get(member, {})
    if "$ref" in found:
        found = schema["definitions"][found["$ref"].rpartition("/")[2]]
    return list(found.get("enum", ()))


@cache
def _validator(version: str, action: str, kind: str) -> Any:
    return jsonschema_rs.validator_for(_schema(version, action, kind), validate_formats=True)


def _schema(version: str, action: str, kind: str) -> dict[str, Any]:
    folder = files("ocpp").joinpath(FOLDERS[version], "schemas")
    path = folder.joinpath(f"{action}{kind}.json")
    if kind == "Request" and not path.is_file():  # 1.6, and what is only sent, do not say that they are requests
        path = folder.joinpath(f"{action}.json")
    return dict(json.loads(path.read_text("utf-8-sig")))


def _smallest(schema: dict[str, Any], root: dict[str, Any]) -> Any:
    if "$ref" in schema:
        return _smallest(root["definitions"][schema["$ref"].rpartition("/")[2]], root)
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            members = schema.get("properties", {})
            return {name: _smallest(members[name], root) for name in schema.get("required", ())}
        case "array":
            return [_smallest(schema["items"], root)] * schema.get("minItems", 0)
        case "string":
            return NOW if schema.get("format") == "date-time" else "x"
        case "boolean":
            return False
        case "integer" | "number":
            return max(1, schema.get("minimum", 1))
        case _:
            return {}
