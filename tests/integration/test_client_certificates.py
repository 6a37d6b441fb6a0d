"""Certificates by which stations come in: known with their ends, told of, and renewed where that is wanted."""

from datetime import timedelta
from typing import Any

import pytest
import structlog

from csms.node.certificates import watch_of
from simulators.behaviour import Behaviour, Commands
from tests.eventually import eventually
from tests.integration.signing import O_NAME, Office, office_of, order_at

office = office_of(upkeep_settle_s=0.05)


async def known(office: Office, name: str | None = None, **filters: Any) -> list[dict[str, Any]]:
    await office.house.node.certificates.write()
    path = "/client-certificates" if name is None else f"/stations/{name}/client-certificates"
    answer = await office.house.http.get(path, params=filters)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def comes_in(office: Office, name: str, days: int, **habits: Any) -> Any:
    """Return a connected station whose certificate ends in some days."""
    await office.house.register(name, security_profile=3)
    station = office.secure(name, behaviour=Behaviour(reconnect_s=0.05, **habits))
    past = timedelta(days=400)
    paper = office.root.station(name, o=O_NAME, begins=-past, lasts=past + timedelta(days=days, hours=1))
    station._tls = office.trust(paper)
    await station.start()
    await eventually(station.connected.is_set)
    return station


@pytest.mark.covers("SEC-47", "SEC-46")
async def test_what_a_station_shows_is_known_with_its_end_and_told_once(office: Office) -> None:
    station = await comes_in(office, "SHOWS", 10)
    await comes_in(office, "FAR", 300)
    (shown,) = await known(office, "SHOWS")
    assert (shown["in_use"], shown["installed_at"], shown["key_kind"]) == (True, None, "EC")
    assert shown["serial"] == office.shown_by("SHOWS").serial  # type: ignore[union-attr]
    assert [one["station_id"] for one in await known(office, ends_within_days=30)] == ["SHOWS"]
    assert {one["station_id"] for one in await known(office, in_use=True)} >= {"SHOWS", "FAR"}
    page = (await office.house.http.get("/client-certificates", params={"limit": 1})).json()
    assert page["items"][0]["station_id"] == "SHOWS"
    assert "FAR" in [one["station_id"] for one in await known(office, after=page["next"])]
    await office.house.node.pool.execute("UPDATE client_certificates SET told_at = NULL")
    watch = watch_of(office.house.node)
    with structlog.testing.capture_logs() as logs:
        await watch.tell()
        await watch.tell()
    told = [one for one in logs if one["event"] == "client_certificate_ends"]
    assert [(one["station"], one["days"]) for one in told] == [("SHOWS", 10)]
    metrics = office.house.node.metrics.registry
    counts = {
        within: metrics.get_sample_value("csms_client_certificates_ending", {"within": within})
        for within in ("over", "week", "month")
    }
    assert counts == {"over": 0, "week": 0, "month": 1}
    await station.stop()
    assert (await office.house.http.get("/stations/NOBODY/client-certificates")).status_code == 404


@pytest.mark.covers("SEC-47", "SEC-46")
async def test_another_is_asked_for_only_where_an_operator_wants_that_and_once(office: Office) -> None:
    stations = {name: await comes_in(office, name, 20) for name in ("WANTS", "SOONER", "NOT-ASKED")}
    for name, days in (("WANTS", 30), ("SOONER", 5)):
        answer = await office.house.http.put(f"/stations/{name}/habits", json={"renew_days": days})
        assert answer.status_code == 200, answer.text
    watch = watch_of(office.house.node)

    async def asked() -> bool:
        await known(office)
        return await watch.renew() == 1

    await eventually(asked)
    order = await order_at(office.house, "WANTS", "installed")
    await eventually(lambda: (shown := office.shown_by("WANTS")) is not None and shown.serial == order["serial"])
    old, new = await known(office, "WANTS")
    assert (old["in_use"], old["renewal_outcome"]) == (False, "Accepted")
    assert (new["in_use"], new["serial"], new["installed_at"] is not None) == (True, order["serial"], True)
    assert await watch.renew() == 0
    for name in ("SOONER", "NOT-ASKED"):
        assert stations[name].commands == []
    for station in stations.values():
        await station.stop()


@pytest.mark.covers("SEC-47", "SEC-44")
async def test_a_station_that_does_not_agree_is_left_alone_for_a_week(office: Office) -> None:
    station = await comes_in(office, "STUBBORN", 20, commands=Commands.REJECT)
    await office.house.http.put("/stations/STUBBORN/habits", json={"renew_days": 30})
    watch = watch_of(office.house.node)

    async def asked() -> bool:
        await known(office)
        return await watch.renew() == 1

    await eventually(asked)
    (one,) = await known(office, "STUBBORN")
    assert one["renewal_outcome"] == "Refused"
    for days, due in ((3, 0), (8, 1)):
        await office.house.node.pool.execute(
            "UPDATE client_certificates SET renewal_asked_at = now() - make_interval(days => $1) WHERE station_id = 'STUBBORN'",
            days,
        )
        assert await watch.renew() == due
    await station.stop()
