"""The message log: a call and its answer are found by the same id and action, whoever asked whom."""

import json

from csms.ports.frames import Direction
from tests.eventually import eventually
from tests.unit.gateway.rig import Doors

Label = tuple[str, str | None, str | None]


def labels(doors: Doors) -> list[Label]:
    """Return direction, message id and action of all that was logged, in order."""
    return [(frame.direction.value, frame.message_id, frame.action) for frame in doors.frames.frames]


async def test_an_answer_of_ours_bears_the_id_and_the_action_of_its_call(doors: Doors) -> None:
    peer = await doors.station()
    await peer.call("one", "Heartbeat")
    peer.send('[2,17,"Authorize",{"idTag":"A"}]')
    await peer.message()
    assert labels(doors) == [
        ("in", "one", "Heartbeat"),
        ("out", "one", "Heartbeat"),
        ("in", "17", "Authorize"),
        ("out", "17", "Authorize"),
    ]


async def test_an_answer_of_the_station_bears_the_id_and_the_action_of_ours(doors: Doors) -> None:
    peer = await doors.station()
    doors.line.call("ours", "ClearCache", b"{}", within=30)
    await peer.message()
    peer.send('[3,"ours",{"status":"Accepted"}]')
    await eventually(lambda: len(doors.frames.frames) == 2)
    assert labels(doors) == [("out", "ours", "ClearCache"), ("in", "ours", "ClearCache")]


async def test_an_answer_that_is_given_again_bears_them_too(doors: Doors) -> None:
    peer = await doors.station()
    for _ in range(2):
        await peer.call("one", "Heartbeat")
    assert labels(doors)[2:] == [("in", "one", "Heartbeat"), ("out", "one", "Heartbeat")]


async def test_a_refusal_of_a_frame_bears_what_could_be_read_of_it(doors: Doors) -> None:
    peer = await doors.station()
    peer.send('[2,"known","Heartbeat"')
    await peer.message()
    peer.send('{"no":"frame"}')
    await peer.message()
    outgoing = [label for label in labels(doors) if label[0] == "out"]
    assert [label[1] for label in outgoing] == ["known", "-1"]


async def test_a_call_that_waited_for_another_is_logged_as_what_it_is_and_without_its_secret(doors: Doors) -> None:
    peer = await doors.station()
    secret = json.dumps({"key": "AuthorizationKey", "value": "hidden"}).encode()
    for call, action, payload in (("a", "Reset", b'{"type":"Soft"}'), ("b", "ChangeConfiguration", secret)):
        doors.line.call(call, action, payload, within=30)
    await peer.message()
    peer.send('[3,"a",{"status":"Accepted"}][2,"hb","Heartbeat",{}]')
    assert {json.dumps(await peer.message())[:8] for _ in range(2)} == {'[2, "b",', '[3, "hb"'}
    sent = {frame.message_id: frame for frame in doors.frames.frames if frame.direction is Direction.OUT}
    assert (sent["b"].action, sent["hb"].action) == ("ChangeConfiguration", "Heartbeat")
    assert "hidden" not in "".join(frame.text for frame in doors.frames.frames)
