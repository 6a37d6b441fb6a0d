"""Which stations are meant, and what is refused before any of them is asked."""

from contextlib import AsyncExitStack
from typing import Any

import pytest

from tests.integration.conftest import House
from tests.integration.rest.fleets import begun, group, results
from tests.integration.wire import RawStation

SELECTIONS: list[tuple[dict[str, Any], list[int]]] = [
    ({"ids": ["{0}", "{2}"]}, [0, 2]),
    ({"labels": ["{label}"]}, [0, 1, 2]),
    ({"labels": ["{label}", "odd"]}, [1]),
    ({"labels": ["{label}"], "vendor": "ac?e*"}, [0, 1]),
    ({"labels": ["{label}"], "model": "*B_%"}, [1]),
    ({"labels": ["{label}"], "firmware": "1.*"}, [0]),
    ({"labels": ["{label}"], "online": False}, [2]),
    ({"labels": ["{label}"], "protocol": "ocpp2.0.1"}, [1]),
    ({"labels": ["{label}"], "site": "site-of-one"}, [2]),
]


@pytest.mark.parametrize(("wish", "meant"), SELECTIONS, ids=str)
async def test_a_selection_means_those_that_are_all_it_says(
    shared_house: House, wish: dict[str, Any], meant: list[int]
) -> None:
    house = shared_house
    await house.node.pool.execute(
        "INSERT INTO sites (id, name, city, latitude, longitude) VALUES ('site-of-one', '', '', 0, 0) ON CONFLICT DO NOTHING"
    )
    async with group(house, 3) as (label, names), AsyncExitStack() as stack:
        await house.http.patch(f"/stations/{names[1]}", json={"labels": [label, "odd"]})
        await house.http.patch(f"/stations/{names[2]}", json={"site_id": "site-of-one"})
        for name, version, model, firmware in ((names[0], "1.6", "A", "1.2"), (names[1], "2.0.1", "xB_%", "2.1")):
            station = await stack.enter_async_context(RawStation(house, name, version))
            told: dict[str, Any] = {"chargePointVendor": "Acme", "chargePointModel": model, "firmwareVersion": firmware}
            if version != "1.6":
                boot = {"vendorName": "ACME inc", "model": model, "firmwareVersion": firmware}
                told = {"chargingStation": boot, "reason": "PowerUp"}
            await station.ask("BootNotification", told)
        await house.node.presence.write()
        filled = {
            key: [
                part.format(*names, label=label).swapcase() if key == "ids" else part.format(label=label)
                for part in value
            ]
            if isinstance(value, list)
            else value
            for key, value in wish.items()
        }
        place = await begun(house, command="clear-cache", selection=filled, name="who is it")
        assert sorted(await results(house, place)) == [names[n] for n in meant]
        listed = {key: value for key, value in filled.items() if key not in {"ids", "labels"}}
        if "ids" not in filled:
            found = (await house.http.get("/stations", params={"label": filled["labels"], **listed})).json()["items"]
            assert [station["id"] for station in found] == [names[n] for n in meant]


BAD: list[tuple[dict[str, Any], str]] = [
    ({"command": "dance"}, "/command"),
    ({"selection": {}}, "/selection"),
    ({"selection": {"labels": ["nobody-has-this"]}}, "/selection"),
    ({"selection": {"ids": ["{0}", "NOBODY"]}}, "/selection/ids/1"),
    ({"selection": {"colour": "red"}}, "/selection/colour"),
    ({"selection": {"labels": ["a b"]}}, "/selection/labels/0"),
    ({"command": "unlock", "body": {}}, "/body/evse"),
    ({"command": "unlock", "body": {"evse": "one"}}, "/body/evse"),
    ({"command": "unlock", "body": {"evse": 1, "by": "force"}}, "/body/by"),
    ({"command": "trigger", "body": {"message": "Dance"}}, "/body/message"),
    ({"command": "set-variables", "body": {"variables": [{"variable": "V"}]}}, "/body/variables/0/value"),
    (
        {"command": "set-variables", "body": {"variables": [{"variable": "AuthorizationKey", "value": "0123456789"}]}},
        "/body/variables/0/variable",
    ),
    ({"per_second": 0}, "/per_second"),
    ({"at_once": 0}, "/at_once"),
    ({"within_s": 601}, "/within_s"),
    ({"speed": 1}, "/speed"),
]


@pytest.mark.parametrize(("more", "path"), BAD, ids=str)
async def test_a_wish_that_makes_no_sense_is_refused_before_anything_is_sent(
    shared_house: House, more: dict[str, Any], path: str
) -> None:
    async with group(shared_house, 1) as (label, names):
        wish = {"command": "clear-cache", "selection": {"labels": [label]}, **more}
        if isinstance(ids := wish["selection"].get("ids"), list):
            wish["selection"] = {"ids": [one.format(*names) for one in ids]}
        answer = await shared_house.http.post("/operations", json=wish)
        assert answer.status_code == 422, answer.text
        assert [error["path"] for error in answer.json()["errors"]] == [path]
