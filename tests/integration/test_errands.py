"""What stations are sent for, from the asking to the end, whatever they say, read over REST."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tests.eventually import eventually
from tests.integration.conftest import House
from tests.integration.rest.test_commands import at_work
from tests.integration.wire import RawStation

PLACE = "https://files.example/place"
SIGNED = {"signature": "c2lnbmVk", "signing_certificate": "-----BEGIN CERTIFICATE-----"}


class Sent:
    """A station that was sent for something, and how that is seen over REST."""

    def __init__(self, house: House, station: RawStation, address: str) -> None:
        self.house = house
        self.station = station
        self.address = address
        self.number: int | None = None
        self.id = ""

    async def send(self, command: str, answer: Any, **body: Any) -> dict[str, Any]:
        """Give a command, answer it, and return what was on the wire."""
        asking = asyncio.create_task(
            self.house.http.post(f"{self.address}/commands/{command}", json={"location": PLACE, **body})
        )
        call = await self.station.take()
        self.id, self.number = call[1], call[3].get("requestId")
        assert (await self.errand())["stage"] == "asked"
        if isinstance(answer, str):
            await self.station.refuse(call, answer, "", {})
        else:
            await self.station.answer(call, answer)
        told = await asking
        assert told.status_code == 200, told.text
        return dict(call[3])

    async def say(self, action: str, *statuses: str, numbered: bool = False) -> None:
        for status in statuses:
            number = {"requestId": self.number} if numbered else {}
            assert await self.station.ask(action, {"status": status, **number}) == {}

    async def errand(self, name: str | None = None) -> dict[str, Any]:
        return dict((await self.house.http.get(f"/errands/{name or self.id}")).json())

    async def told(self) -> list[str]:
        return [progress["status"] for progress in (await self.errand())["progress"]]


ACCEPTED = {"status": "Accepted"}
PLAIN = ("1.6", "update-firmware", {}, {}, "FirmwareStatusNotification", False)
WAYS: list[tuple[str, str, dict[str, Any], Any, str, bool]] = [
    PLAIN,
    ("1.6", "update-firmware", SIGNED, ACCEPTED, "SignedFirmwareStatusNotification", True),
    ("2.0.1", "update-firmware", {}, ACCEPTED, "FirmwareStatusNotification", True),
    ("2.1", "update-firmware", SIGNED, ACCEPTED, "FirmwareStatusNotification", True),
]


@pytest.mark.covers("16-FW-01", "16-FW-02", "16-SEC-08", "TC_044_1", "TC_080")
@pytest.mark.parametrize(("version", "command", "body", "answer", "action", "numbered"), WAYS)
async def test_an_update_is_followed_from_the_asking_to_its_end(
    shared_house: House, version: str, command: str, body: Any, answer: Any, action: str, numbered: bool
) -> None:
    async with at_work(shared_house, version) as (station, address):
        sent = Sent(shared_house, station, address)
        await sent.send(command, answer, retries=3, retry_interval_s=60, **body)
        await sent.say(action, "Downloading", "Downloaded", "Installing", "Installed", numbered=numbered)
        errand = await sent.errand()
        assert (errand["stage"], errand["status"], errand["kind"]) == ("succeeded", "Installed", "firmware")
        assert (errand["request_id"], errand["retries"], errand["retry_interval_s"]) == (sent.number, 3, 60)
        assert (errand["location"], errand["presumed"], errand["overdue"]) == (PLACE, False, False)
        assert errand["asked_at"] <= errand["answered_at"] <= errand["changed_at"]
        assert await sent.told() == ["Downloading", "Downloaded", "Installing", "Installed"]


LOGS: list[tuple[str, str, dict[str, Any], str, bool, str]] = [
    ("1.6", "get-diagnostics", {"fileName": "a.log"}, "DiagnosticsStatusNotification", False, "UploadFailed"),
    ("1.6", "get-log", ACCEPTED | {"filename": "a.log"}, "LogStatusNotification", True, "UploadFailure"),
    ("2.0.1", "get-log", ACCEPTED | {"filename": "a.log"}, "LogStatusNotification", True, "PermissionDenied"),
    ("2.0.1", "get-diagnostics", ACCEPTED | {"filename": "a.log"}, "LogStatusNotification", True, "BadMessage"),
    ("2.1", "get-log", ACCEPTED | {"filename": "a.log"}, "LogStatusNotification", True, "NotSupportedOperation"),
]


@pytest.mark.covers("16-FW-04", "16-FW-05", "16-SEC-07", "TC_045_1", "TC_045_2", "TC_079")
@pytest.mark.parametrize(("version", "command", "answer", "action", "numbered", "failure"), LOGS)
async def test_a_log_is_followed_and_a_failure_is_one_until_it_is_tried_again(
    shared_house: House, version: str, command: str, answer: Any, action: str, numbered: bool, failure: str
) -> None:
    async with at_work(shared_house, version) as (station, address):
        sent = Sent(shared_house, station, address)
        await sent.send(command, answer)
        await sent.say(action, "Uploading", failure, numbered=numbered)
        errand = await sent.errand()
        assert (errand["stage"], errand["status"], errand["file_name"]) == ("failed", failure, "a.log")
        await sent.say(action, "Uploading", "Uploaded", numbered=numbered)
        assert (await sent.errand())["stage"] == "succeeded"


@pytest.mark.covers("16-SEC-08", "16-SEC-07", "16-SEC-12", "16-FW-07", "Q40")
@pytest.mark.parametrize(
    ("version", "command", "body", "answer", "status"),
    [
        ("1.6", "update-firmware", SIGNED, {"status": "InvalidCertificate"}, "InvalidCertificate"),
        ("1.6", "update-firmware", SIGNED, {"status": "RevokedCertificate"}, "RevokedCertificate"),
        ("2.0.1", "update-firmware", {}, {"status": "Rejected"}, "Rejected"),
        ("1.6", "get-log", {}, {"status": "Rejected"}, "Rejected"),
        ("1.6", "update-firmware", {}, "NotSupported", "NotSupported"),
        ("1.6", "get-log", {}, "NotImplemented", "NotImplemented"),
        ("1.6", "get-diagnostics", {}, {"status": "NotSupported"}, "NotSupported"),
        ("1.6", "update-firmware", {}, {"status": "Rejected"}, "Rejected"),
    ],
)
async def test_a_refusal_stands_in_the_stations_word(
    shared_house: House, version: str, command: str, body: Any, answer: Any, status: str
) -> None:
    async with at_work(shared_house, version) as (station, address):
        sent = Sent(shared_house, station, address)
        await sent.send(command, answer, **body)
        errand = await sent.errand()
        assert (errand["stage"], errand["status"]) == ("refused", status)


@pytest.mark.covers("16-SEC-07")
@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_a_second_log_may_cancel_the_first(shared_house: House, version: str) -> None:
    async with at_work(shared_house, version) as (station, address):
        sent = Sent(shared_house, station, address)
        await sent.send("get-log", ACCEPTED)
        first, number = sent.id, sent.number
        await sent.send("get-log", {"status": "AcceptedCanceled"})
        assert (await sent.errand(first))["stage"] == "canceled"
        if version != "1.6":  # 1.6 has no word for it
            await station.ask("LogStatusNotification", {"status": "AcceptedCanceled", "requestId": number})
        await sent.say("LogStatusNotification", "Uploaded", numbered=True)
        assert [(await sent.errand(one))["stage"] for one in (first, sent.id)] == ["canceled", "succeeded"]


@pytest.mark.covers("16-FW-02", "16-FW-05", "16-SEC-07", "Q111")
@pytest.mark.parametrize(
    "action",
    [
        "FirmwareStatusNotification",
        "DiagnosticsStatusNotification",
        "LogStatusNotification",
        "SignedFirmwareStatusNotification",
    ],
)
async def test_idle_is_answered_and_about_no_errand(shared_house: House, action: str) -> None:
    async with at_work(shared_house, "1.6") as (station, address):
        assert await station.ask(action, {"status": "Idle"}) == {}
        answer = await shared_house.http.get("/errands/progress", params={"station": address.rpartition("/")[2]})
        assert [(told["status"], told["errand_id"]) for told in answer.json()["items"]] == [("Idle", None)]


@pytest.mark.covers("Q111", "16-FW-03")
@pytest.mark.parametrize(("told", "presumed"), [([], True), (["Downloading"], True), (["Installed"], False)])
async def test_a_boot_with_another_version_ends_an_update(shared_house: House, told: list[str], presumed: bool) -> None:
    async with at_work(shared_house, "1.6") as (station, address):
        sent = Sent(shared_house, station, address)
        boot = {"chargePointVendor": "V", "chargePointModel": "M"}
        await station.ask("BootNotification", boot | {"firmwareVersion": "1.0"})
        await sent.send("update-firmware", {})
        await sent.say("FirmwareStatusNotification", *told)
        await station.ask("BootNotification", boot | {"firmwareVersion": "2.0"})
        errand = await sent.errand()
        assert (errand["stage"], errand["presumed"]) == ("succeeded", presumed)
        assert (errand["version_before"], errand["version_after"]) == ("1.0", "2.0")


@pytest.mark.covers("Q28")
async def test_statuses_may_come_before_the_answer(shared_house: House) -> None:
    async with at_work(shared_house, "1.6") as (station, address):
        sent = Sent(shared_house, station, address)
        asking = asyncio.create_task(
            shared_house.http.post(f"{address}/commands/get-diagnostics", json={"location": PLACE})
        )
        call = await station.take()
        sent.id = call[1]
        await sent.say("DiagnosticsStatusNotification", "Uploading", "Uploaded")
        await station.answer(call, {"fileName": "late.log"})
        await asking
        errand = await sent.errand()
        assert (errand["stage"], errand["file_name"]) == ("succeeded", "late.log")


@pytest.mark.covers("16-SEC-12")
async def test_the_raw_door_sends_stations_too(shared_house: House) -> None:
    async with at_work(shared_house, "1.6") as (station, address):
        payload = {"location": "ftp://user:open-sesame@files.example/x", "retrieveDate": "2026-11-25T10:00:00Z"}
        asking = asyncio.create_task(shared_house.http.post(f"{address}/ocpp/UpdateFirmware", json=payload))
        call = await station.take()
        await station.answer(call, {})
        await asking
        errand = (await shared_house.http.get(f"/errands/{call[1]}")).json()
        assert (errand["stage"], errand["location"]) == ("running", "ftp://user:***@files.example/x")


@pytest.mark.covers("Q102")
async def test_a_lost_line_leaves_an_errand_unanswered_and_a_reader_that_forgot_all_follows_it_on(
    shared_house: House,
) -> None:
    async with at_work(shared_house, "1.6") as (station, address):
        sent = Sent(shared_house, station, address)
        asking = asyncio.create_task(
            shared_house.http.post(f"{address}/commands/get-log", json={"location": PLACE, "request_id": 5})
        )
        sent.id = (await station.take())[1]
        sent.number = 5
        await station.reconnect(forgotten=True)
        assert (await asking).status_code == 504
        await eventually(lambda: _is(sent, lambda errand: errand["stage"] == "unanswered"))
        await sent.say("LogStatusNotification", "Uploading", "Uploading", "Uploaded", "Uploaded", numbered=True)
        assert (await sent.errand())["stage"] == "succeeded"
        assert await sent.told() == ["Uploading", "Uploaded"]


async def _is(sent: Sent, look: Callable[[dict[str, Any]], bool]) -> bool:
    return look(await sent.errand())


async def test_errands_are_listed_by_station_kind_and_stage(shared_house: House) -> None:
    async with at_work(shared_house, "1.6") as (station, address):
        sent = Sent(shared_house, station, address)
        await sent.send("get-diagnostics", {"fileName": "a"})
        await sent.send("update-firmware", {"status": "Rejected"})
        name = address.rpartition("/")[2]

        async def listed(**filters: Any) -> list[tuple[str, str]]:
            answer = await shared_house.http.get("/errands", params={"station": name.lower(), **filters})
            assert answer.status_code == 200, answer.text
            return [(errand["kind"], errand["stage"]) for errand in answer.json()["items"]]

        both = [("firmware", "refused"), ("diagnostics", "running")]
        assert await listed() == both
        assert await listed(kind="diagnostics") == both[1:]
        assert await listed(stage="refused") == both[:1]
        assert await listed(overdue=True) == []
        page = (await shared_house.http.get("/errands", params={"station": name, "limit": 1})).json()
        rest = await shared_house.http.get("/errands", params={"station": name, "after": page["next"]})
        assert [errand["kind"] for errand in rest.json()["items"]] == ["diagnostics"]
        assert (await shared_house.http.get("/errands", params={"stage": "lost"})).status_code == 422
        assert (await shared_house.http.get("/errands/none")).status_code == 404


@pytest.mark.covers("16-FW-01")
@pytest.mark.parametrize(
    ("version", "command", "body", "path"),
    [
        ("1.6", "update-firmware", {}, "/location"),
        ("1.6", "update-firmware", {"location": "not an address"}, "/location"),
        ("1.6", "update-firmware", {"location": PLACE, "signature": "c2ln"}, "/signing_certificate"),
        ("2.0.1", "update-firmware", {"location": PLACE, "signing_certificate": "c"}, "/signature"),
        ("1.6", "update-firmware", {"location": PLACE, "install_at": "2026-11-25T10:00:00Z"}, "/install_at"),
        ("1.6", "update-firmware", {"location": PLACE, "retrieve_at": "2026-11-25T10:00:00"}, "/retrieve_at"),
        ("2.0.1", "update-firmware", {"location": PLACE + "x" * 600}, "/location"),
        ("1.6", "update-firmware", {"location": PLACE, "retries": -1}, "/retries"),
        ("1.6", "get-log", {"location": PLACE, "kind": "secret"}, "/kind"),
        ("1.6", "get-diagnostics", {"location": PLACE, "request_id": 1}, "/request_id"),
    ],
)
async def test_a_bad_command_is_refused_at_its_member_and_not_sent(
    shared_house: House, version: str, command: str, body: Any, path: str
) -> None:
    async with at_work(shared_house, version) as (station, address):
        answer = await shared_house.http.post(f"{address}/commands/{command}", json=body)
        assert answer.status_code == 422, answer.text
        assert [error["path"] for error in answer.json()["errors"]] == [path]
        assert await station.unasked()
