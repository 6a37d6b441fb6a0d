"""Which stations are alive, and which are only slow; time passes by hand."""

import json
import socket
from typing import cast

import pytest
from structlog.testing import capture_logs

from csms.gateway.connection import Connection
from csms.ports.frames import PINGS
from tests.eventually import eventually
from tests.unit.gateway.conftest import OpenDoors
from tests.unit.gateway.peer import PING, PONG, client_frame
from tests.unit.gateway.rig import Doors


async def heard(doors: Doors) -> None:
    """Wait until what the peer sent has come in, at the time it is now."""
    await eventually(lambda: doors.line.last_inbound == doors.clock.seconds)


SIGNS = {
    "a pong": client_frame(b"", first=PONG),
    "a ping": client_frame(b"", first=PING),
    "an empty text": client_frame(b""),
    "nonsense": client_frame(b"?"),
    "half a frame": client_frame(b'[2,"1","Heartbeat",{}]')[:9],
}


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.covers("Q12", "Q15", "Q24", "Q52")
async def test_any_byte_is_a_sign_of_life_and_only_silence_is_death(open_doors: OpenDoors, sign: str) -> None:
    doors = await open_doors(silence_s=150, heartbeat_s=50, ping_s=0)
    peer = await doors.station()
    doors.pass_time(149)
    peer.write(SIGNS[sign])
    await heard(doors)
    doors.pass_time(149)
    assert doors.connected == 1
    with capture_logs() as lines:
        doors.pass_time(2)
        await eventually(lambda: doors.connected == 0)
    assert [one["event"] for one in lines] == ["station_silent", "station_disconnected"]
    assert lines[1]["reason"] == "silent"
    assert doors.count("csms_closes_total", reason="silent") == 1
    assert doors.house.ears.is_lost
    await peer.ended()


@pytest.mark.covers("Q12", "Q15")
@pytest.mark.parametrize(("own", "limit"), [(None, 900), (600, 1800), (20, 150)])
async def test_a_station_that_ignores_pings_lives_by_its_heartbeats(
    open_doors: OpenDoors, own: int | None, limit: int
) -> None:
    doors = await open_doors()
    doors.registry.add("CP-1", heartbeat_s=own)
    peer = await doors.station()
    for _ in range(5):
        doors.pass_time(limit - 2)
        assert doors.connected == 1
        assert (await peer.frame())[0] == PING
        assert await peer.call() == [3, "hb", {}]
    doors.pass_time(limit + 1)
    await eventually(lambda: doors.connected == 0)


@pytest.mark.covers("Q12", "Q14", "Q15", "J-46")
async def test_an_idle_station_is_pinged_and_its_pongs_keep_it(doors: Doors) -> None:
    peer = await doors.station()
    for _ in range(40):
        doors.pass_time(28)
        assert await peer.frame() == (PING, b"")
        peer.send(b"", first=PONG)
        await heard(doors)
    assert doors.connected == 1


@pytest.mark.covers("Q12")
@pytest.mark.parametrize(("pings", "answered", "told"), [(1011, 0, [10, 1010]), (60, 10, []), (33, 11, [10, 10, 10])])
async def test_a_line_that_answers_none_of_many_pings_is_told_of_now_and_then(
    doors: Doors, pings: int, answered: int, told: list[int]
) -> None:
    peer = await doors.station()
    for n in range(1, pings + 1):
        doors.pass_time(28)
        assert await peer.frame() == (PING, b"")
        if answered and n % answered == 0:
            peer.send(b"", first=PONG)
        assert await peer.call() == [3, "hb", {}]
    notes = [frame.note for frame in doors.frames.frames if frame.action == PINGS]
    assert notes == [f"{count} pings in a row had no answer" for count in told]


@pytest.mark.covers("Q12")
async def test_pings_can_be_switched_off(open_doors: OpenDoors) -> None:
    doors = await open_doors(ping_s=0)
    peer = await doors.station()
    doors.pass_time(400)
    assert await peer.call() == [3, "hb", {}], "no ping came before the answer"


@pytest.mark.covers("Q15")
async def test_who_talks_is_not_pinged(doors: Doors) -> None:
    peer = await doors.station()
    for n in range(20):
        doors.pass_time(13)
        assert await peer.call(str(n)) == [3, str(n), {}]


@pytest.mark.covers("L16")
async def test_stations_that_came_together_are_not_pinged_together(doors: Doors) -> None:
    for n in range(40):
        doors.registry.add(f"P-{n}")
        await doors.station(f"/P-{n}")
    lines = [cast("Connection", ears.line) for _, ears in doors.house.guests]
    pinged = []
    for _ in range(28):
        doors.pass_time(1)
        pinged.append(sum(one.last_outbound == doors.clock.seconds for one in lines))
    assert sum(pinged) == 40, "each was pinged once within the interval"
    assert max(pinged) <= 10, "and never many in the same second"


@pytest.mark.covers("Q14")
async def test_the_kernel_looks_for_dead_peers_too(doors: Doors) -> None:
    await doors.station()
    accepted = doors.line._transport.get_extra_info("socket")  # type: ignore[union-attr]
    assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 60_000


@pytest.mark.covers("L13", "Q30")
async def test_a_station_whose_answers_take_long_is_never_cut_for_its_silence(open_doors: OpenDoors) -> None:
    doors = await open_doors(ping_s=2, silence_s=5, heartbeat_s=1)
    doors.house.thinks = True
    peer = await doors.station()
    for n in range(60):
        peer.send(json.dumps([2, str(n), "StatusNotification", {}]))
    await eventually(lambda: len(doors.house.ears.events) == 60)
    doors.line.pause()
    for _ in range(30):
        doors.pass_time(3)
    assert doors.connected == 1, "we do not listen: its silence is ours"
    doors.line.resume()
    for event in doors.house.ears.events:
        doors.line.answer(event, b"{}")  # type: ignore[arg-type]
    answers: list[str] = []
    while len(answers) < 60:
        first, payload = await peer.frame()
        if first != PING:
            answers.append(json.loads(payload)[1])
    assert answers == [str(n) for n in range(60)]


@pytest.mark.covers("Q58", "L12b", "W19")
async def test_a_flood_of_frames_is_slowed_down_and_answered_all_the_same(open_doors: OpenDoors) -> None:
    doors = await open_doors(frames_per_second=100)
    peer = await doors.station()
    for n in range(400):
        peer.send(json.dumps([2, str(n), "Heartbeat", {}]))
    await eventually(lambda: doors.line.frames_in_second > 100)
    assert not doors.line._transport.is_reading()  # type: ignore[union-attr]
    doors.pass_time(1)
    assert doors.line._transport.is_reading()  # type: ignore[union-attr]
    answers: list[str] = []
    while len(answers) < 400:
        doors.pass_time(1)
        answers.append((await peer.message())[1])
    assert answers == [str(n) for n in range(400)]


@pytest.mark.covers("L16")
async def test_a_mistake_over_one_line_keeps_no_other_from_what_is_due(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("P-1", "P-2", "P-3"):
        doors.registry.add(name)
    peers = [await doors.station(f"/{name}") for name in ("P-1", "P-2", "P-3")]
    bad = cast("Connection", doors.house.guests[1][1].line)
    good = Connection.tick

    def tick(line: Connection, now: float) -> None:
        if line is bad:
            raise ValueError("a mistake of ours")
        good(line, now)

    monkeypatch.setattr(Connection, "tick", tick)
    with capture_logs() as lines:
        doors.pass_time(28)
    assert [line["event"] for line in lines] == ["sweep_failed"]
    assert [await peers[0].frame(), await peers[2].frame()] == [(PING, b"")] * 2
