"""OCPP 1.6, Local Auth List Management profile: what operators say, and what the answers tell."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from csms.domain import remote
from csms.domain.access import TokenRef
from csms.domain.local_list import Info, Listed, Update, repeated
from csms.domain.station.local_list import RecordListUpdate, RecordListVersion
from csms.ocpp.messages import v16
from csms.ocpp.version import Version
from csms.ports.commands import LimitVariable, Unsupported
from csms.ports.handlers import Answered, Learn
from handlers.answers import asked, read
from handlers.payload import Put, moment_if, without_none
from handlers.v16.authorization import token_of

STATUSES = frozenset({"Accepted", "Blocked", "Expired", "Invalid", "ConcurrentTx"})
LACKING = {"NoCredit": "Blocked"}
"""1.6 has no word for a prepaid token that is used up (TX-12)."""


def ask_list_version(command: remote.AskListVersion) -> Put:
    """GetLocalListVersion (1.6 §5.10)."""
    return "GetLocalListVersion", {}


def send_local_list(command: remote.SendLocalList) -> Put:
    """SendLocalList (1.6 §5.15); an empty list is said to be one (16-LAL-03)."""
    if command.version is None:
        raise Unsupported("an update of a list has a version", "version")
    listed = [spoken(remote.listed_of(entry)) for entry in command.entries]
    for n, first in repeated(listed):
        raise Unsupported(f"1.6 knows no kinds, and {listed[n].token.value} stands at {first}", f"entries/{n}/token")
    return "SendLocalList", {
        "listVersion": command.version,
        "updateType": command.update.capitalize(),
        "localAuthorizationList": [_worded(one) for one in listed],
    }


def spoken(listed: Listed) -> Listed:
    """Return what 1.6 can say of an entry: no kind, fewer statuses, whole seconds."""
    token = TokenRef(listed.token.value, "")
    if listed.info is None:
        return Listed(token)
    status = LACKING.get(listed.info.status, listed.info.status)
    expires_at = listed.info.expires_at
    return Listed(
        token,
        replace(
            listed.info,
            status=status if status in STATUSES else "Invalid",
            expires_at=None if expires_at is None else expires_at.replace(microsecond=0),
        ),
    )


def _worded(listed: Listed) -> dict[str, Any]:
    if (info := listed.info) is None:
        return {"idTag": listed.token.value}
    said = {"status": info.status, "expiryDate": moment_if(info.expires_at), "parentIdTag": info.group}
    return {"idTag": listed.token.value, "idTagInfo": without_none(said)}


def version_told(answered: Answered) -> list[RecordListVersion]:
    """Learn from the answer to a GetLocalListVersion."""
    told: v16.GetLocalListVersionResponse = read(Version.V16, "GetLocalListVersion", answered)
    return [RecordListVersion(told.list_version, answered.at)]


def list_sent(answered: Answered) -> list[RecordListUpdate]:
    """Learn from the answer to a SendLocalList."""
    call: v16.SendLocalListRequest = asked(Version.V16, "SendLocalList", answered)
    told: v16.SendLocalListResponse = read(Version.V16, "SendLocalList", answered)
    listed = tuple(map(_listed, call.local_authorization_list or ()))
    return [RecordListUpdate(Update(call.list_version, call.update_type == "Full", listed), told.status, answered.at)]


def _listed(said: v16.LocalAuthorizationList) -> Listed:
    info = said.id_tag_info
    told = None if info is None else Info(info.status, info.parent_id_tag, info.expiry_date)
    return Listed(token_of(said.id_tag), told)


COMMANDS = {remote.AskListVersion: ask_list_version, remote.SendLocalList: send_local_list}

MEMBERS = {
    "expiryDate": "expires_at",
    "idTag": "token",
    "listVersion": "version",
    "localAuthorizationList": "entries",
    "parentIdTag": "group",
}

LIST_LIMITS = {
    "per_message": LimitVariable("", "SendLocalListMaxLength"),
    "in_all": LimitVariable("", "LocalAuthListMaxLength"),
}
"""The keys that tell how much a station takes (16-LAL-07)."""

LEARNS: Mapping[str, Learn] = {"GetLocalListVersion": version_told, "SendLocalList": list_sent}
