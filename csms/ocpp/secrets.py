"""What must not be kept of a message: passwords, and credentials in addresses (Q126)."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

MASK = "***"
SECRETIVE = frozenset(
    [
        "ChangeConfiguration",
        "GetConfiguration",
        "SetVariables",
        "GetVariables",
        "NotifyReport",
        "NotifyMonitoringReport",
        "SetNetworkProfile",
        "UpdateFirmware",
        "SignedUpdateFirmware",
        "PublishFirmware",
        "GetDiagnostics",
        "GetLog",
        "DataTransfer",
    ]
)
"""The actions whose messages may hold a secret."""

_NAME = re.compile(r"password|passphrase|authorizationkey|secret|private", re.IGNORECASE)
_CREDENTIALS = re.compile(r"(://[^\s:/@]*):[^\s/@]+@")
_KEY = re.compile(r"\bkey-[A-Za-z0-9]{16,}")
_QUERY = re.compile(r"([?&][^=&\s]*(?:signature|sig|token|secret|passw|credential)[^=&\s]*=)[^&#\s]+", re.IGNORECASE)
_TOLD = re.compile(rf"(?:{_NAME.pattern})\w*\W{{0,8}}?[:=,\"'{{]|value\\?\"\s*:", re.IGNORECASE)
"""A name of a secret with something behind it, or a value of any name, in a text that says a message again."""
_HIDDEN = "(not kept: it may hold a secret)"
_UNREADABLE = f'"{_HIDDEN}"'


def is_secret(name: str | None) -> bool:
    """Whether a variable, a configuration key or a member of this name holds a secret."""
    return name is not None and _NAME.search(name) is not None


def is_security_profile(name: str) -> bool:
    """Whether a variable or a configuration key says by which security profile a station comes in (A05)."""
    return name.strip().casefold() == "securityprofile"


def redacted(action: str | None, text: str) -> str:
    """Return the JSON text of a message as it may be kept; only messages of `SECRETIVE` actions are looked at."""
    return covered(text) if action in SECRETIVE else text


def redacted_words(action: str | None, words: str) -> str:
    """Return the words of an error about a message, without its secrets: some stations say the whole of it again (W16)."""
    return _said_again(words) if action in SECRETIVE else words


def covered(text: str) -> str:
    """Return a JSON text with its secrets covered."""
    if not (_NAME.search(text) or "@" in text or "key-" in text or "?" in text):
        return text
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return _UNREADABLE
    masked = _masked(value)
    return text if masked == value else msgspec.json.encode(masked).decode()


def masked_address(text: str) -> str:
    """Return an address without what it lets in: a password, a key of ours in its path, a signature in its query."""
    return _QUERY.sub(rf"\1{MASK}", _KEY.sub(f"key-{MASK}", _CREDENTIALS.sub(rf"\1:{MASK}@", text)))


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return _said_again(value)
    if isinstance(value, list):
        return [_masked(item) for item in value]
    if not isinstance(value, dict):
        return value
    named = _names_secret(value)
    return {
        name: _hidden(member)
        if is_secret(name) or (named and name not in {"key", "variable", "component"})
        else _masked(member)
        for name, member in value.items()
    }


def _said_again(words: str) -> str:
    """Return words with the secrets covered of a message in their midst; all of them, where that cannot be read."""
    if not _TOLD.search(words):
        return masked_address(words)
    begin, end = words.find("{"), words.rfind("}") + 1
    try:
        message = msgspec.json.decode(words[begin:end])
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return _HIDDEN
    if _TOLD.search(words[:begin] + words[end:]):
        return _HIDDEN
    masked = _masked(message)
    return words if masked == message else words[:begin] + msgspec.json.encode(masked).decode() + words[end:]


def _names_secret(value: Mapping[str, Any]) -> bool:
    """Whether a structure says of a variable or a key, by its name, that its values are secret."""
    variable = value.get("variable")
    name = variable.get("name") if isinstance(variable, dict) else variable or value.get("key")
    return isinstance(name, str) and is_secret(name)


def _hidden(value: Any) -> Any:
    """Return a value with every text of it that can be a secret covered; words that tell a kind or a status stay."""
    if isinstance(value, dict):
        return {name: member if name in KEPT else _hidden(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_hidden(item) for item in value]
    return MASK if isinstance(value, str) and value not in WORDS else value


KEPT = frozenset({"type", "mutability", "dataType", "unit", "reasonCode"})
WORDS = frozenset(
    [
        "Actual",
        "Target",
        "MinSet",
        "MaxSet",
        "Accepted",
        "Rejected",
        "UnknownComponent",
        "UnknownVariable",
        "NotSupportedAttributeType",
        "RebootRequired",
        "NotSupported",
    ]
)
