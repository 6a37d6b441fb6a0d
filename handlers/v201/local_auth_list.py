"""OCPP 2.0.1, block D, Local Authorization List: what operators say, and what the answers tell."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from csms.domain import remote
from csms.domain.local_list import Info, Listed, Update
from csms.domain.station.local_list import RecordListUpdate, RecordListVersion
from csms.ocpp.messages import v201
from csms.ocpp.version import Version
from csms.ports.commands import LimitVariable, Unsupported
from csms.ports.handlers import Answered, Learn
from handlers.answers import asked, read
from handlers.payload import Put, moment_if, without_none
from handlers.v201.authorization import token_of


def ask_list_version(command: remote.AskListVersion) -> Put:
    """GetLocalListVersion (D02)."""
    return "GetLocalListVersion", {}


def send_local_list(command: remote.SendLocalList) -> Put:
    """SendLocalList (D01); an empty list is none."""
    if command.version is None:
        raise Unsupported("an update of a list has a version", "version")
    payload = {
        "versionNumber": command.version,
        "updateType": command.update.capitalize(),
        "localAuthorizationList": [_worded(spoken(remote.listed_of(entry))) for entry in command.entries] or None,
    }
    return "SendLocalList", without_none(payload)


def spoken(listed: Listed) -> Listed:
    """Return what 2.x can say of an entry: all of it, in whole seconds."""
    info = listed.info
    if info is None or info.expires_at is None:
        return listed
    return Listed(listed.token, replace(info, expires_at=info.expires_at.replace(microsecond=0)))


def _worded(listed: Listed) -> dict[str, Any]:
    token = {"idToken": listed.token.value, "type": listed.token.kind}
    if (info := listed.info) is None:
        return {"idToken": token}
    said = {
        "status": info.status,
        "cacheExpiryDateTime": moment_if(info.expires_at),
        "groupIdToken": None if info.group is None else {"idToken": info.group, "type": "Central"},
    }
    return {"idToken": token, "idTokenInfo": without_none(said)}


class _Version(msgspec.Struct, rename="camel"):
    version_number: int | None = None
    list_version: int | None = None
    """As 1.6 has it, and stations that were born with 1.6 say it still."""


_version = msgspec.json.Decoder(_Version, strict=False)


def version_told(answered: Answered) -> list[RecordListVersion]:
    """Learn from the answer to a GetLocalListVersion."""
    told = _version.decode(answered.answer)
    version = told.list_version if told.version_number is None else told.version_number
    return [] if version is None else [RecordListVersion(version, answered.at)]


def learns(version: Version) -> Mapping[str, Learn]:
    """Return what the answers of a version of 2.x tell."""

    def list_sent(answered: Answered) -> list[RecordListUpdate]:
        call, told = asked(version, "SendLocalList", answered), read(version, "SendLocalList", answered)
        listed = tuple(map(_listed, call.local_authorization_list or ()))
        update = Update(call.version_number, call.update_type == "Full", listed)
        return [RecordListUpdate(update, told.status, answered.at)]

    return {"GetLocalListVersion": version_told, "SendLocalList": list_sent}


def _listed(said: v201.AuthorizationData) -> Listed:
    info = said.id_token_info
    if info is None:
        return Listed(token_of(said.id_token))
    group = None if info.group_id_token is None else info.group_id_token.id_token
    return Listed(token_of(said.id_token), Info(info.status, group, info.cache_expiry_date_time))


COMMANDS = {remote.AskListVersion: ask_list_version, remote.SendLocalList: send_local_list}

MEMBERS = {
    "cacheExpiryDateTime": "expires_at",
    "groupIdToken/idToken": "group",
    "idToken/idToken": "token",
    "idToken/type": "kind",
    "localAuthorizationList": "entries",
    "versionNumber": "version",
}

LIST_LIMITS = {
    "per_message": LimitVariable("LocalAuthListCtrlr", "ItemsPerMessage"),
    "in_all": LimitVariable("LocalAuthListCtrlr", "Entries", is_ceiling=True),
    "message_bytes": LimitVariable("LocalAuthListCtrlr", "BytesPerMessage"),
}
"""The variables that tell how much a station takes (D01); `Entries` counts what is there."""
