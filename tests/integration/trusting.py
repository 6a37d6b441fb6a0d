"""Stations with certificates, and the operator's end of them."""

import itertools
from typing import Any

from simulators.behaviour import Behaviour
from simulators.station import SimulatedStation
from tests.eventually import eventually
from tests.integration.conftest import House
from tests.papers import Authority

NAMES = itertools.count(1)
ROOT, OTHER = Authority(called="Root One"), Authority(called="Root Two")
LIST, INSTALL, DELETE = "get-installed-certificates", "install-certificate", "delete-certificate"


class Trusting:
    """A station and the operator's end of it."""

    def __init__(self, house: House, name: str) -> None:
        self.house = house
        self.name = name

    async def say(self, command: str, **body: Any) -> dict[str, Any]:
        answer = await self.house.http.post(f"/stations/{self.name}/commands/{command}", json=body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def refused(self, command: str, **body: Any) -> str:
        """Give a command that is refused, and return the path of what is at fault."""
        answer = await self.house.http.post(f"/stations/{self.name}/commands/{command}", json=body)
        assert answer.status_code == 422, answer.text
        return str(answer.json()["errors"][0]["path"])

    async def install(self, use: str = "csms-root", pem: str = ROOT.pem, **more: Any) -> dict[str, Any]:
        return await self.say(INSTALL, use=use, certificate=pem, **more)

    async def all(self) -> dict[str, Any]:
        answer = await self.house.http.get(f"/stations/{self.name}/certificates")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def known(self) -> list[dict[str, Any]]:
        return list((await self.all())["certificates"])


async def trusting(house: House, version: str, *habits: str) -> tuple[SimulatedStation, Trusting]:
    name = f"TRUSTING-{next(NAMES)}"
    station = await house.station(name, version=version, behaviour=Behaviour(trust=habits))
    await eventually(station.connected.is_set)
    return station, Trusting(house, name)


async def carried(house: House, ids: list[str], command: str, **body: Any) -> list[dict[str, Any]]:
    """Have stations be asked something by one operation, and return how it ended at each, by their ids."""
    answer = await house.http.post("/operations", json={"command": command, "selection": {"ids": ids}, "body": body})
    assert answer.status_code == 202, answer.text
    place = f"/operations/{answer.json()['id']}/results"

    async def ended() -> Any:
        found = (await house.http.get(place)).json()["items"]
        return found if all(one["outcome"] for one in found) else None

    return sorted(await eventually(ended), key=lambda result: str(result["station"]))
