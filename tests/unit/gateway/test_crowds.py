"""Who may stand at the door, how many, and for how long."""

import asyncio

import pytest
from structlog.testing import capture_logs

from csms.kit.passwords import hash_password
from tests.eventually import eventually
from tests.unit.gateway.conftest import OpenDoors
from tests.unit.gateway.peer import request
from tests.unit.gateway.rig import Doors

# Crowds.


@pytest.mark.covers("Q7")
async def test_fifty_strangers_leave_no_trace_and_few_lines(doors: Doors) -> None:
    with capture_logs() as lines:
        for _ in range(50):
            peer = await doors.ask("/charger")
            assert peer.status == 404
            peer.writer.close()
    assert doors.outcome("unknown-station") == 50
    assert 0 < len([line for line in lines if line["event"] == "handshake_refused"]) <= 20
    assert doors.house.guests == []
    await eventually(lambda: len(doors.listener) == 0)


@pytest.mark.covers("Q7", "Q10", "J-48")
async def test_an_address_of_refusals_has_to_wait_and_is_told_how_long(open_doors: OpenDoors) -> None:
    doors = await open_doors(per_minute=5)
    for _ in range(5):
        assert (await doors.ask("/NOBODY")).status == 404
    asked = len(doors.registry.asked)
    with capture_logs() as lines:
        late = await doors.ask("/CP-1")
    assert (late.status, late.headers["retry-after"]) == (429, "12")
    assert doors.outcome("throttled") == 1
    assert [line["outcome"] for line in lines if line["event"] == "handshake_refused"] == ["throttled"]
    assert len(doors.registry.asked) == asked, "who has to wait costs no look-up"
    doors.clock.seconds += 12
    await doors.station("/CP-1")


@pytest.mark.covers("J-48")
async def test_a_station_that_was_in_before_comes_in_whatever_its_neighbours_do(open_doors: OpenDoors) -> None:
    doors = await open_doors(per_minute=3)
    peer = await doors.station("/CP-1")
    peer.writer.close()
    for _ in range(3):
        await doors.ask("/NOBODY")
    assert (await doors.ask("/NOBODY")).status == 429
    await doors.station("/cp-1")


@pytest.mark.covers("SEC-63", "J-48")
async def test_wrong_passwords_cost_more_than_wrong_paths(open_doors: OpenDoors) -> None:
    doors = await open_doors(per_minute=20)
    doors.registry.add("CP-2", security_profile=1, password_hash=hash_password(b"correct-horse-battery"))
    statuses = [(await doors.ask("/CP-2", Authorization="Basic Q1AtMjp4")).status for _ in range(4)]
    assert statuses == [401, 401, 429, 429]


@pytest.mark.covers("J-48", "Q61")
async def test_hundreds_of_stations_behind_one_address_come_in_at_once(open_doors: OpenDoors) -> None:
    doors = await open_doors(per_minute=1)
    for n in range(300):
        doors.registry.add(f"NAT-{n}")
    peers = await asyncio.gather(*(doors.ask(f"/NAT-{n}") for n in range(300)))
    assert {peer.status for peer in peers} == {101}
    assert doors.outcome("accepted") == 300
    assert doors.count("csms_connections") == 300


async def test_our_own_failures_are_not_held_against_anybody(open_doors: OpenDoors) -> None:
    doors = await open_doors(per_minute=1)
    doors.house.ready = False
    for _ in range(5):
        assert (await doors.ask()).status == 503
    doors.house.ready = True
    await doors.station()


@pytest.mark.covers("Q10")
async def test_a_station_that_flaps_is_let_in_and_told_of(doors: Doors) -> None:
    with capture_logs() as lines:
        for _ in range(25):
            doors.clock.seconds += 1
            peer = await doors.station()
            peer.writer.close()
    assert [line["station"] for line in lines if line["event"] == "station_flaps"] == ["CP-1", "CP-1"]
    assert doors.count("csms_flaps_total") == 2


# Slow at the door.


@pytest.mark.covers("L14", "Q18")
@pytest.mark.parametrize("said", [b"", b"GET /CP-1 HTTP/1.1\r\nHost: h\r\n"])
async def test_who_does_not_finish_its_request_in_time_has_to_go(doors: Doors, said: bytes) -> None:
    peer = await doors.dial()
    peer.write(said)
    await eventually(lambda: len(doors.listener) == 1)
    doors.pass_time(4.9)
    with capture_logs() as lines:
        doors.pass_time(0.2)
        assert await peer.read_head() == 408
    assert doors.outcome("slow-handshake") == 1
    assert [line["outcome"] for line in lines] == ["slow-handshake"]
    doors.pass_time(5.1)
    await peer.ended()
    await eventually(lambda: len(doors.listener) == 0)


@pytest.mark.covers("L14")
async def test_a_byte_now_and_then_buys_no_time(doors: Doors) -> None:
    peer = await doors.dial()
    for byte in request()[:12]:
        peer.write(bytes([byte]))
        await peer.writer.drain()
        doors.pass_time(0.5)
    assert await peer.read_head() == 408


@pytest.mark.covers("L14", "J-48")
async def test_a_crowd_that_says_nothing_makes_way_for_stations(open_doors: OpenDoors) -> None:
    doors = await open_doors(pending=20)
    idle = [await doors.dial() for _ in range(20)]
    await eventually(lambda: len(doors.listener) == 20)
    with capture_logs() as lines:
        station = await doors.station()
    assert await station.call() == [3, "hb", {}]
    assert await idle[0].read_head() == 503
    assert idle[0].headers["retry-after"] == "10"
    assert await idle[0].ended() == b""
    assert doors.outcome("crowded") == 1
    assert [line["outcome"] for line in lines if line["event"] == "handshake_refused"] == ["crowded"]
    assert doors.turnstile.wait("127.0.0.1", "") == 0
    for _ in range(100):
        await doors.dial()
    await eventually(lambda: doors.outcome("crowded") >= 100)
    await eventually(lambda: len(doors.listener) <= 21)
    assert await station.call() == [3, "hb", {}]


@pytest.mark.covers("L14")
async def test_who_has_asked_is_not_cut_for_our_own_delay_but_not_kept_for_ever(open_doors: OpenDoors) -> None:
    doors = await open_doors(pending=2)
    doors.registry.gate = asyncio.Event()
    waiting = [await doors.dial() for _ in range(2)]
    for peer in waiting:
        peer.write(request())
    await eventually(lambda: len(doors.registry.asked) == 2)
    doors.pass_time(29)
    newcomer = await doors.dial()
    assert await newcomer.read_head() == 503, "those who are judged keep their places"
    doors.registry.gate.set()
    assert [await peer.read_head() for peer in waiting] == [101, 101]
    doors.registry.gate = asyncio.Event()
    last = await doors.dial()
    last.write(request())
    await eventually(lambda: len(doors.registry.asked) == 3)
    doors.pass_time(31)
    assert await last.read_head() == 503
    doors.registry.gate.set()
    doors.registry.gate = None
    await eventually(lambda: len(doors.tasks) == 1)
    assert len(doors.house.guests) == 2
    assert doors.outcome("not-judged") == 1


async def test_a_caller_that_hangs_up_without_a_word_is_counted_and_no_more(doors: Doors) -> None:
    with capture_logs() as lines:
        peer = await doors.dial()
        peer.writer.close()
        await eventually(lambda: doors.outcome("no-request") == 1)
    assert lines == []


async def test_a_caller_that_hangs_up_while_it_is_judged_leaves_nothing(doors: Doors) -> None:
    doors.registry.gate = asyncio.Event()
    peer = await doors.dial()
    peer.write(request())
    await eventually(lambda: doors.registry.asked)
    peer.writer.close()
    await eventually(lambda: len(doors.listener) == 0)
    doors.registry.gate.set()
    await eventually(lambda: len(doors.tasks) == 1)
    assert doors.house.guests == []
    assert doors.count("csms_connections") == 0


@pytest.mark.covers("Q18", "L14")
async def test_a_tls_hello_on_the_plain_port_is_told_and_counted(doors: Doors) -> None:
    with capture_logs() as lines:
        peer = await doors.dial()
        peer.write(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
        assert await peer.ended() == b""
    assert [line["outcome"] for line in lines] == ["tls-on-plain-port"]
    assert doors.outcome("tls-on-plain-port") == 1
