"""Calls and answers over real sockets: odd ids, cuts, repetitions, crossings, late and foreign answers."""

import json

import pytest
from structlog.testing import capture_logs

from csms.ocpp.events import CallLapsed, ErrorReceived, ResultReceived
from tests.eventually import eventually
from tests.unit.gateway.conftest import OpenDoors
from tests.unit.gateway.peer import Peer, client_frame
from tests.unit.gateway.rig import Doors

HEARTBEAT = '[2,"hb","Heartbeat",{}]'
ANSWER = [3, "hb", {}]


async def calls_out(doors: Doors, peer: Peer, *ids: str, within: float = 30) -> None:
    for one in ids:
        assert doors.line.call(one, "ClearCache", b"{}", within=within)
    assert (await peer.message())[:2] == [2, ids[0]]


@pytest.mark.parametrize(
    ("sent", "echoed"),
    [
        ('"1"', "1"),
        ('"' + "i" * 36 + '"', "i" * 36),
        ('"' + "i" * 255 + '"', "i" * 255),
        ('"' + "i" * 400 + '"', "i" * 256),
        ("17", 17),
        ("1.5", 1.5),
        ('"\u00e4\u20ac"', "\u00e4\u20ac"),
        ('"a\\"b"', 'a"b'),
        ('""', ""),
    ],
)
@pytest.mark.covers("Q26", "J-24")
async def test_an_id_of_any_kind_is_echoed_as_it_came(doors: Doors, sent: str, echoed: object) -> None:
    peer = await doors.station()
    peer.send(f'[2,{sent},"Heartbeat",{{}}]')
    answer = await peer.message()
    assert answer == [3, echoed, {}]
    assert type(answer[1]) is type(echoed)


@pytest.mark.parametrize("sent", ["null", "[]", "{}", "true", '["x"]'])
@pytest.mark.parametrize(("offer", "code"), [("ocpp1.6", "FormationViolation"), ("ocpp2.0.1", "RpcFrameworkError")])
@pytest.mark.covers("Q26", "Q41", "J-60")
async def test_an_id_that_is_none_is_answered_without_one(doors: Doors, sent: str, offer: str, code: str) -> None:
    peer = await doors.station(offer=offer)
    peer.send(f'[2,{sent},"Heartbeat",{{}}]')
    assert (await peer.message())[:3] == [4, "-1", code]
    assert await peer.call() == ANSWER


@pytest.mark.covers("Q25", "L2")
async def test_a_call_cut_at_any_byte_leaves_the_line_and_is_answered_where_its_id_is_known(doors: Doors) -> None:
    whole = '[2,"cut","StatusNotification",{"connectorId":1,"status":"Available"}]'
    peer = await doors.station()
    for end in range(1, len(whole)):
        peer.send(whole[:end])
        answer = await peer.message()
        assert (answer[0], answer[2]) == (4, "FormationViolation")
        assert answer[1] == ("cut" if end >= whole.index('cut"') + 4 else "-1"), whole[:end]
    assert await peer.call() == ANSWER


@pytest.mark.covers("Q25", "L2", "Q39")
async def test_a_cut_answer_fails_its_call_at_once(doors: Doors) -> None:
    whole = '[3,"n",{"status":"Accepted","configurationKey":[{"key":"a"}]}]'
    peer = await doors.station()
    for end in range(7, len(whole)):
        await calls_out(doors, peer, "n")
        peer.send(whole[:end])
        await eventually(lambda: doors.house.ears.events)
        (event,) = doors.house.ears.events
        assert isinstance(event, ErrorReceived), whole[:end]
        doors.house.ears.events.clear()


@pytest.mark.parametrize("length", [2, 3, 4, 5, 6])
@pytest.mark.covers("Q39", "Q40")
async def test_an_error_of_any_length_ends_its_call(doors: Doors, length: int) -> None:
    peer = await doors.station()
    await calls_out(doors, peer, "n")
    peer.send(json.dumps([4, "n", "NotImplemented", None, {"a": 1}, "more"][:length]))
    await eventually(lambda: doors.house.ears.events)
    (event,) = doors.house.ears.events
    assert isinstance(event, ErrorReceived)
    assert event.code == ("GenericError" if length == 2 else "NotImplemented")


@pytest.mark.covers("Q27", "J-25", "J-45")
async def test_a_repeated_call_gets_the_same_answer_and_is_heard_once(doors: Doors) -> None:
    peer = await doors.station()
    same = '[2,"7","StartTransaction",{"connectorId":1}]'
    doors.house.reply = b'{"transactionId":1}'
    peer.send(same)
    first = await peer.message()
    doors.house.reply = b'{"transactionId":2}'
    for _ in range(3):
        peer.send(same)
        assert await peer.message() == first
    peer.send('[2,"7","StartTransaction",{"connectorId":2}]')
    assert (await peer.message())[2] == {"transactionId": 2}
    assert len(doors.house.ears.events) == 2


@pytest.mark.covers("Q27", "J-45")
async def test_a_call_repeated_before_its_answer_is_answered_once(doors: Doors) -> None:
    doors.house.thinks = True
    peer = await doors.station()
    peer.send(HEARTBEAT * 3)
    await eventually(lambda: doors.count("csms_odd_frames_total", reason="repeated") == 2)
    (event,) = doors.house.ears.events
    doors.line.answer(event, b"{}")  # type: ignore[arg-type]
    assert await peer.message() == ANSWER
    doors.house.thinks = False
    assert await peer.call("next") == [3, "next", {}]


@pytest.mark.covers("Q28", "J-42", "J-43", "L4", "L6")
async def test_answers_that_are_late_double_or_of_nobody(open_doors: OpenDoors) -> None:
    doors = await open_doors(ping_s=0)
    peer = await doors.station()
    await calls_out(doors, peer, "n", within=30)
    peer.send('[3,"n+1",{}]')
    doors.pass_time(31)
    peer.send('[3,"n",{"status":"Accepted"}]')
    peer.send('[3,"n",{"status":"Accepted"}]')
    assert await peer.call() == ANSWER
    lapsed, late = doors.house.ears.events[:2]
    assert isinstance(lapsed, CallLapsed)
    assert isinstance(late, ResultReceived)
    assert late.late
    assert doors.count("csms_odd_frames_total", reason="answer to no call") == 2


@pytest.mark.covers("Q28", "L4", "J-43")
async def test_twenty_thousand_answers_of_nobody_are_counted_and_a_few_are_told(open_doors: OpenDoors) -> None:
    doors = await open_doors(frames_per_second=1e9)
    peer = await doors.station()
    with capture_logs() as lines:
        for n in range(20_000):
            peer.send(f'[3,"{n}",{{}}]')
        assert await peer.call() == ANSWER
    assert doors.count("csms_odd_frames_total", reason="answer to no call") == 20_000
    assert 0 < len(lines) <= 10
    assert len(doors.house.ears.events) == 1


@pytest.mark.covers("Q29", "J-41", "L3")
async def test_calls_cross_in_both_directions(doors: Doors) -> None:
    peer = await doors.station()
    await calls_out(doors, peer, "ours")
    for n in range(3):
        assert await peer.call(str(n), "StatusNotification") == [3, str(n), {}]
    peer.send('[3,"ours",{"status":"Accepted"}]')
    await eventually(lambda: len(doors.house.ears.events) == 4)
    assert isinstance(doors.house.ears.events[-1], ResultReceived)


@pytest.mark.covers("Q30", "J-45")
async def test_five_hundred_calls_in_one_segment_keep_their_order(doors: Doors) -> None:
    peer = await doors.station()
    peer.write(b"".join(client_frame(f'[2,"{n}","MeterValues",{{}}]'.encode()) for n in range(500)))
    assert [(await peer.message())[1] for _ in range(500)] == [str(n) for n in range(500)]


@pytest.mark.covers("Q31", "J-40", "J-44", "L5")
async def test_one_call_at_a_time_with_a_breath_between_and_a_bounded_queue(open_doors: OpenDoors) -> None:
    doors = await open_doors(gap_s=0.05)
    peer = await doors.station()
    await calls_out(doors, peer, "0", *(str(n) for n in range(1, 33)))
    assert not doors.line.call("too-many", "ClearCache", b"{}", within=30)
    peer.send('[3,"0",{}]')
    assert await peer.call() == ANSWER, "the next call waits for the station to draw breath"
    doors.clock.seconds += 0.05
    assert (await peer.message())[:2] == [2, "1"]
    doors.pass_time(31)
    lapsed = [event for event in doors.house.ears.events if isinstance(event, CallLapsed)]
    assert len(lapsed) == 32, "the deadline counts the time in the queue"
    assert [event.sent for event in lapsed] == [True] + [False] * 31


@pytest.mark.covers("Q8", "Q9")
async def test_calls_on_their_way_are_dropped_with_the_line(doors: Doors) -> None:
    peer = await doors.station()
    await calls_out(doors, peer, "a", "b")
    peer.writer.transport.abort()
    await eventually(lambda: doors.house.ears.is_lost)
    assert [(type(one).__name__, one.sent) for one in doors.house.ears.events] == [  # type: ignore[union-attr]
        ("CallDropped", True),
        ("CallDropped", False),
    ]
    assert not doors.line.call("c", "ClearCache", b"{}", within=30)
