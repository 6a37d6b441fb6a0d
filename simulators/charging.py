"""What stations do when their charging is limited: a part of the protocol end of each version."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from ocpp import v16, v201
from ocpp.exceptions import PropertyConstraintViolationError
from ocpp.routing import after, on

from simulators.desk import Desk
from simulators.limits import ALL_PHASES, FOREVER, PURPOSES, Limit, of_session


def limit_of(evse: int, said: dict[str, Any], number: int, schedule: dict[str, Any]) -> Limit:
    """Return a profile out of its members, as the package spells them."""
    return Limit(
        number=number,
        evse=evse,
        level=said["stack_level"],
        purpose=PURPOSES.get(said["charging_profile_purpose"], said["charging_profile_purpose"]),
        kind=said["charging_profile_kind"],
        unit=schedule["charging_rate_unit"],
        parts=tuple(
            (part["start_period"], float(part["limit"]), part.get("number_phases", ALL_PHASES))
            for part in schedule["charging_schedule_period"]
        ),
        start=_time(schedule.get("start_schedule")),
        duration_s=schedule.get("duration", FOREVER),
        cycle=said.get("recurrency_kind"),
        valid_from=_time(said.get("valid_from")),
        valid_to=_time(said.get("valid_to")),
        transaction=None if said.get("transaction_id") is None else str(said["transaction_id"]),
    )


def of_16(evse: int, said: dict[str, Any]) -> Limit:
    """Return a profile that 1.6 worded."""
    return limit_of(evse, said, said["charging_profile_id"], said["charging_schedule"])


def of_201(evse: int, said: dict[str, Any]) -> Limit:
    """Return a profile that 2.0.1 worded."""
    return limit_of(evse, said, said["id"], said["charging_schedule"][0])


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def meant_by(number: int | None, evse: int | None, purpose: str | None, level: int | None) -> Callable[[Limit], bool]:
    """Return what tells which profiles are meant: the one of a number, else all that have everything in common."""
    if number is not None:
        return lambda one: one.number == number
    wanted = None if purpose is None else PURPOSES.get(purpose, purpose)
    return lambda one: evse in {None, one.evse} and wanted in {None, one.purpose} and level in {None, one.level}


class ChargingDesk(Desk):
    """What both versions share."""

    async def judge_limit(self, action: str, payload: dict[str, Any], limit: Limit) -> str:
        """Return the answer to a profile; an accepted one is held."""
        status, limits = await self._take(action, payload), self.owner.limits
        bound = of_session(limit, limits.going(limit.evse))
        known = limit.evse in {0, *self.owner.evses}
        answer = limits.judge(bound) if status == "Accepted" and known else "Rejected"
        if answer == "Accepted" and self._obeys:
            limits.take(bound)
        return answer

    def _takes(self, limit: Limit | None) -> bool:
        """Whether the station likes the profile that a session would begin with; none is fine."""
        return limit is None or self.owner.limits.judge(replace(limit, session="to come")) == "Accepted"

    def hold(self, limit: Limit | None) -> None:
        """Hold the profile that a session began with."""
        if limit is not None:
            self.owner.limits.take(of_session(limit, self.owner.limits.going(limit.evse)))

    async def forget_limits(self, action: str, payload: dict[str, Any], meant: Callable[[Limit], bool]) -> str:
        """Return the answer to a wish to clear profiles."""
        if await self._take(action, payload) != "Accepted":
            return "Unknown"
        return "Accepted" if not self._obeys or self.owner.limits.clear(meant) else "Unknown"

    async def tell_schedule(
        self, action: str, payload: dict[str, Any], evse: int
    ) -> tuple[datetime, dict[str, Any]] | None:
        """Return when a composite schedule begins and what it says; None for none."""
        status, limits = await self._take(action, payload), self.owner.limits
        unit = payload.get("charging_rate_unit")
        if status != "Accepted" or evse not in {0, *self.owner.evses} or unit not in {None, *limits.units}:
            return None
        begin = self.owner.clock().replace(microsecond=0) + timedelta(seconds=1)
        unit, parts = limits.composite(evse, payload["duration"], unit, begin)
        periods = [{"startPeriod": start, "limit": limit, "numberPhases": on} for start, limit, on in parts]
        return begin, {"duration": payload["duration"], "chargingRateUnit": unit, "chargingSchedulePeriod": periods}


class Charging16(ChargingDesk):
    """The Smart Charging profile of 1.6."""

    @on(v16.enums.Action.set_charging_profile)
    async def on_set_charging_profile(self, connector_id: int, cs_charging_profiles: dict[str, Any]) -> Any:
        if connector_id not in {0, *self.owner.evses}:
            raise PropertyConstraintViolationError(f"there is no connector {connector_id}")
        limit = of_16(connector_id, cs_charging_profiles)
        payload = {"connector_id": connector_id, "cs_charging_profiles": cs_charging_profiles}
        return v16.call_result.SetChargingProfile(status=await self.judge_limit("SetChargingProfile", payload, limit))

    @on(v16.enums.Action.clear_charging_profile)
    async def on_clear_charging_profile(self, **payload: Any) -> Any:
        members = ("id", "connector_id", "charging_profile_purpose", "stack_level")
        meant = meant_by(*(payload.get(name) for name in members))
        status = await self.forget_limits("ClearChargingProfile", payload, meant)
        return v16.call_result.ClearChargingProfile(status=status)

    @on(v16.enums.Action.get_composite_schedule)
    async def on_get_composite_schedule(self, **payload: Any) -> Any:
        evse = payload["connector_id"]
        told = await self.tell_schedule("GetCompositeSchedule", payload, evse)
        if told is None:
            return v16.call_result.GetCompositeSchedule(status="Rejected")
        start = f"{told[0]:%Y-%m-%dT%H:%M:%SZ}"
        return v16.call_result.GetCompositeSchedule(
            status="Accepted", connector_id=evse, schedule_start=start, charging_schedule=told[1]
        )


class Charging201(ChargingDesk):
    """Block K of 2.0.1."""

    @on(v201.enums.Action.set_charging_profile)
    async def on_set_charging_profile(self, evse_id: int, charging_profile: dict[str, Any], **_: Any) -> Any:
        payload = {"evse_id": evse_id, "charging_profile": charging_profile}
        status = await self.judge_limit("SetChargingProfile", payload, of_201(evse_id, charging_profile))
        return v201.call_result.SetChargingProfile(status=status)

    @on(v201.enums.Action.clear_charging_profile)
    async def on_clear_charging_profile(self, **payload: Any) -> Any:
        given = payload.get("charging_profile_criteria") or {}
        members = ("evse_id", "charging_profile_purpose", "stack_level")
        meant = meant_by(payload.get("charging_profile_id"), *(given.get(name) for name in members))
        status = await self.forget_limits("ClearChargingProfile", payload, meant)
        return v201.call_result.ClearChargingProfile(status=status)

    @on(v201.enums.Action.get_composite_schedule)
    async def on_get_composite_schedule(self, **payload: Any) -> Any:
        evse = payload["evse_id"]
        told = await self.tell_schedule("GetCompositeSchedule", payload, evse)
        if told is None:
            return v201.call_result.GetCompositeSchedule(status="Rejected")
        schedule = {"evseId": evse, "scheduleStart": f"{told[0]:%Y-%m-%dT%H:%M:%SZ}", **told[1]}
        return v201.call_result.GetCompositeSchedule(status="Accepted", schedule=schedule)

    @on(v201.enums.Action.get_charging_profiles)
    async def on_get_charging_profiles(self, **payload: Any) -> Any:
        status = await self._take("GetChargingProfiles", payload)
        found = status == "Accepted" and self._wanted(payload)
        return v201.call_result.GetChargingProfiles(status="Accepted" if found else "NoProfiles")

    @after(v201.enums.Action.get_charging_profiles)
    async def after_get_charging_profiles(self, **payload: Any) -> None:
        wanted = self._wanted(payload) if self._obeys else []
        for n, limit in enumerate(wanted, 1):
            await self.owner.send(
                v201.call.ReportChargingProfiles(
                    request_id=payload["request_id"],
                    charging_limit_source=limit.source,
                    charging_profile=[worded(limit)],
                    evse_id=limit.evse,
                    tbc=n < len(wanted),
                )
            )

    def _wanted(self, payload: dict[str, Any]) -> list[Limit]:
        given = payload["charging_profile"]
        numbers, sources = given.get("charging_profile_id"), given.get("charging_limit_source")
        names = ("charging_profile_purpose", "stack_level")
        meant = meant_by(None, payload.get("evse_id"), *(given.get(name) for name in names))
        return [
            one
            for one in self.owner.limits.held
            if meant(one) and one.number in (numbers or [one.number]) and one.source in (sources or [one.source])
        ]


def worded(limit: Limit) -> dict[str, Any]:
    """Return a profile in the words of 2.0.1."""
    schedule = {
        "id": 1,
        "startSchedule": _told(limit.start),
        "duration": None if limit.duration_s == FOREVER else limit.duration_s,
        "chargingRateUnit": limit.unit,
        "chargingSchedulePeriod": [
            {"startPeriod": start, "limit": amount, "numberPhases": phases} for start, amount, phases in limit.parts
        ],
    }
    profile = {
        "id": limit.number,
        "stackLevel": limit.level,
        "chargingProfilePurpose": limit.purpose,
        "chargingProfileKind": limit.kind,
        "recurrencyKind": limit.cycle,
        "validFrom": _told(limit.valid_from),
        "validTo": _told(limit.valid_to),
        "transactionId": limit.transaction,
        "chargingSchedule": [_without_none(schedule.items())],
    }
    return _without_none(profile.items())


def _told(at: datetime | None) -> str | None:
    return None if at is None else f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _without_none(members: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    return {name: value for name, value in members if value is not None}
