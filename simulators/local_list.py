"""What stations do when they are asked for their local list: a part of the protocol end of each version."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from ocpp import v16, v201
from ocpp.routing import on

from simulators.desk import Desk
from simulators.listed import Entry, ListedToken


class ListDesk(Desk):
    """What both versions share."""

    async def told_version(self) -> int:
        """Return the version that is told."""
        await self._take("GetLocalListVersion", {})
        return self.owner.local_list.told_version

    async def update_list(self, payload: dict[str, Any], version: int, entries: list[Entry]) -> str:
        """Return the answer to an update of the list."""
        status = await self._take("SendLocalList", payload)
        if status != "Accepted":
            return "Failed"
        return self.owner.local_list.update(version, entries, full=payload["update_type"] == "Full")


class LocalList16(ListDesk):
    """The Local Auth List Management profile of 1.6."""

    @on(v16.enums.Action.get_local_list_version)
    async def on_list_version(self) -> Any:
        return v16.call_result.GetLocalListVersion(list_version=await self.told_version())

    @on(v16.enums.Action.send_local_list)
    async def on_send_local_list(self, **payload: Any) -> Any:
        entries = [
            (entry["id_tag"], _info(entry.get("id_tag_info"), "expiry_date", lambda info: info.get("parent_id_tag")))
            for entry in payload.get("local_authorization_list") or ()
        ]
        return v16.call_result.SendLocalList(status=await self.update_list(payload, payload["list_version"], entries))


class LocalList201(ListDesk):
    """Block D of 2.0.1."""

    @on(v201.enums.Action.get_local_list_version)
    async def on_list_version(self, **_: Any) -> Any:
        return v201.call_result.GetLocalListVersion(version_number=max(0, await self.told_version()))

    @on(v201.enums.Action.send_local_list)
    async def on_send_local_list(self, **payload: Any) -> Any:
        entries = [
            (
                entry["id_token"]["id_token"],
                _info(entry.get("id_token_info"), "cache_expiry_date_time", _group_201),
            )
            for entry in payload.get("local_authorization_list") or ()
        ]
        status = await self.update_list(payload, payload["version_number"], entries)
        return v201.call_result.SendLocalList(status="Failed" if status == "NotSupported" else status)


def _info(info: dict[str, Any] | None, expiry: str, group: Callable[[dict[str, Any]], Any]) -> ListedToken | None:
    if info is None:
        return None
    at = info.get(expiry)
    return ListedToken(info["status"], group(info), None if at is None else datetime.fromisoformat(at))


def _group_201(info: dict[str, Any]) -> Any:
    return (info.get("group_id_token") or {}).get("id_token")
