"""The link: literal frames in, events and frames out."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csms.ocpp.errors import ErrorCode, read_code, spelling
from csms.ocpp.events import (
    CallDropped,
    CallLapsed,
    CallReceived,
    ErrorReceived,
    FrameOdd,
    ResultDisputed,
    ResultReceived,
    SendReceived,
)
from csms.ocpp.link import Limits, Link
from csms.ocpp.version import Version

ALL = pytest.mark.parametrize("version", list(Version))
HEARTBEAT = '[2,"1","Heartbeat",{}]'


@ALL
@pytest.mark.covers("J-20", "J-24")
def test_a_call_is_heard_and_answered_under_its_id(version: Version) -> None:
    link = Link(version)
    (event,) = link.receive(HEARTBEAT, 0)
    assert isinstance(event, CallReceived)
    assert (event.message_id, event.action, event.payload) == ("1", "Heartbeat", b"{}")
    link.answer(event.message_id, b'{"currentTime":"2026-01-01T00:00:00Z"}')
    assert link.texts_to_send() == ['[3,"1",{"currentTime":"2026-01-01T00:00:00Z"}]']
    assert link.texts_to_send() == []


@pytest.mark.parametrize("message_id", ["1", "x" * 255, "ü", 7, 7.5, -1])
@pytest.mark.covers("Q26")
def test_ids_of_any_kind_are_echoed_as_they_came(message_id: str | float) -> None:
    link = Link(Version.V16)
    (event,) = link.receive(json.dumps([2, message_id, "Heartbeat", {}]), 0)
    assert isinstance(event, CallReceived)
    link.answer(event.message_id, b"{}")
    assert json.loads(link.texts_to_send()[0])[1] == message_id


@pytest.mark.parametrize("message_id", [None, [], {}, True])
@pytest.mark.covers("Q26")
def test_an_id_that_is_none_gets_minus_one(message_id: object) -> None:
    link = Link(Version.V201)
    (event,) = link.receive(json.dumps([2, message_id, "Heartbeat", {}]), 0)
    assert isinstance(event, FrameOdd)
    assert json.loads(link.texts_to_send()[0])[:3] == [4, "-1", "RpcFrameworkError"]


@pytest.mark.covers("J-40", "L5")
def test_one_call_of_ours_is_open_and_the_others_wait() -> None:
    link = Link(Version.V16)
    assert link.call("a", "Reset", b'{"type":"Soft"}', 0, within=30)
    assert link.call("b", "ClearCache", b"{}", 0, within=30)
    assert link.texts_to_send() == ['[2,"a","Reset",{"type":"Soft"}]']
    (event,) = link.receive('[3,"a",{"status":"Accepted"}]', 1)
    assert isinstance(event, ResultReceived)
    assert event.call.action == "Reset"
    assert link.texts_to_send() == ['[2,"b","ClearCache",{}]']


@pytest.mark.covers("Q29", "J-41")
def test_calls_of_both_sides_may_cross() -> None:
    link = Link(Version.V16)
    link.call("a", "RemoteStartTransaction", b"{}", 0, within=30)
    assert isinstance(link.receive(HEARTBEAT, 0)[0], CallReceived)
    assert isinstance(link.receive('[3,"a",{}]', 0)[0], ResultReceived)


@pytest.mark.covers("L5", "Q31")
def test_deadlines_count_the_time_in_the_queue() -> None:
    link = Link(Version.V16)
    link.call("a", "Reset", b"{}", 0, within=10)
    link.call("b", "Reset", b"{}", 0, within=5)
    assert link.next_deadline == 5
    (lapsed,) = link.tick(6)
    assert isinstance(lapsed, CallLapsed)
    assert (lapsed.call.message_id, lapsed.sent) == ("b", False)
    (lapsed,) = link.tick(11)
    assert isinstance(lapsed, CallLapsed)
    assert (lapsed.call.message_id, lapsed.sent) == ("a", True)
    assert link.next_deadline is None


@pytest.mark.covers("Q28", "J-42")
def test_a_late_answer_is_told_as_late_and_an_unknown_one_is_dropped() -> None:
    link = Link(Version.V16)
    link.call("a", "Reset", b"{}", 0, within=1)
    link.tick(2)
    (late,) = link.receive('[3,"a",{"status":"Accepted"}]', 3)
    assert isinstance(late, ResultReceived)
    assert late.late
    assert isinstance(link.receive('[3,"a",{}]', 3)[0], FrameOdd)
    assert isinstance(link.receive('[3,"zzz",{}]', 3)[0], FrameOdd)


@pytest.mark.covers("L6")
def test_a_lost_connection_ends_every_call_at_once() -> None:
    link = Link(Version.V16)
    link.call("a", "Reset", b"{}", 0, within=30)
    link.call("b", "Reset", b"{}", 0, within=30)
    dropped = link.close()
    assert [(event.call.message_id, event.sent) for event in dropped if isinstance(event, CallDropped)] == [
        ("a", True),
        ("b", False),
    ]


def test_the_queue_of_our_calls_is_bounded() -> None:
    link = Link(Version.V16, limits=Limits(max_queue=2))
    assert [link.call(str(n), "Reset", b"{}", 0, within=9) for n in range(4)] == [True, True, True, False]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('[4,"a"]', "GenericError"),
        ('[4,"a","NotImplemented"]', "NotImplemented"),
        ('[4,"a","InternalError","No transaction"]', "InternalError"),
        ('[4,"a",null,null,"text"]', "GenericError"),
        ('[4,"a","Weird","x",[1],"more"]', "Weird"),
        ('[4,"-1","GenericError","",{}]', "GenericError"),
    ],
)
@pytest.mark.covers("Q39", "Q40")
def test_errors_of_any_length_end_the_call(text: str, code: str) -> None:
    link = Link(Version.V16)
    link.call("a", "Reset", b"{}", 0, within=30)
    (event,) = link.receive(text, 0)
    assert isinstance(event, ErrorReceived)
    assert event.code == code


@pytest.mark.covers("Q25")
def test_a_call_cut_at_any_byte_is_answered_or_waits_for_nobody() -> None:
    text = '[2,"id-1","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"Available"}]'
    for end in range(1, len(text)):
        link = Link(Version.V16)
        (event,) = link.receive(text[:end], 0)
        assert isinstance(event, FrameOdd)
        sent = [json.loads(frame) for frame in link.texts_to_send()]
        assert event.answered == bool(sent)
        if end > len('[2,"id-1",'):
            assert sent[0][:3] == [4, "id-1", "FormationViolation"]
        assert isinstance(link.receive(HEARTBEAT, 0)[0], CallReceived)


@pytest.mark.covers("Q25")
def test_an_answer_cut_anywhere_after_its_id_fails_the_call_at_once() -> None:
    text = '[3,"a",{"configurationKey":[{"key":"K","readonly":false}]}]'
    for end in range(len('[3,"a",'), len(text)):
        link = Link(Version.V16)
        link.call("a", "GetConfiguration", b"{}", 0, within=30)
        assert isinstance(link.receive(text[:end], 0)[0], ErrorReceived)


@pytest.mark.parametrize("wrap", ["\ufeff{}", "{}\0", "  {}\r\n", "\0{}\0"])
@pytest.mark.covers("Q38")
def test_wrapping_is_taken_off(wrap: str) -> None:
    (event,) = Link(Version.V16).receive(wrap.replace("{}", HEARTBEAT), 0)
    assert isinstance(event, CallReceived)


@pytest.mark.covers("Q38")
def test_binary_latin_1_and_rows_of_arrays_are_read() -> None:
    link = Link(Version.V16)
    assert isinstance(link.receive(HEARTBEAT.encode(), 0)[0], CallReceived)
    (latin,) = link.receive('[2,"9","DataTransfer",{"vendorId":"\u00e4"}]'.encode("latin-1"), 0)
    assert isinstance(latin, CallReceived)
    assert len(link.receive('[2,"7","Heartbeat",{}][2,"8","Heartbeat",{}]', 0)) == 2


@pytest.mark.covers("Q24")
def test_an_empty_frame_is_a_sign_of_life_and_nothing_else() -> None:
    link = Link(Version.V16)
    (event,) = link.receive("", 0)
    assert isinstance(event, FrameOdd)
    assert link.texts_to_send() == []


@pytest.mark.covers("J-22", "J-21", "J-23")
def test_types_five_and_six_are_for_version_2_1() -> None:
    send, dispute = '[6,"1","NotifyPeriodicEventStream",{"id":1}]', '[5,"1","FormatViolation","",{}]'
    new, old = Link(Version.V21), Link(Version.V201)
    assert isinstance(new.receive(send, 0)[0], SendReceived)
    assert isinstance(new.receive(dispute, 0)[0], ResultDisputed)
    assert isinstance(old.receive(send, 0)[0], FrameOdd)
    assert isinstance(old.receive(dispute, 0)[0], FrameOdd)
    assert new.texts_to_send() == old.texts_to_send() == []


@pytest.mark.covers("Q41", "J-60", "LIB-03")
def test_codes_are_spelled_as_each_version_spells_them() -> None:
    assert {code.name: (spelling(code, Version.V16), spelling(code, Version.V201)) for code in ErrorCode} == {
        "FORMAT_VIOLATION": ("FormationViolation", "FormatViolation"),
        "GENERIC_ERROR": ("GenericError", "GenericError"),
        "INTERNAL_ERROR": ("InternalError", "InternalError"),
        "MESSAGE_TYPE_NOT_SUPPORTED": ("GenericError", "MessageTypeNotSupported"),
        "NOT_IMPLEMENTED": ("NotImplemented", "NotImplemented"),
        "NOT_SUPPORTED": ("NotSupported", "NotSupported"),
        "OCCURRENCE_CONSTRAINT_VIOLATION": ("OccurenceConstraintViolation", "OccurrenceConstraintViolation"),
        "PROPERTY_CONSTRAINT_VIOLATION": ("PropertyConstraintViolation", "PropertyConstraintViolation"),
        "PROTOCOL_ERROR": ("ProtocolError", "ProtocolError"),
        "RPC_FRAMEWORK_ERROR": ("FormationViolation", "RpcFrameworkError"),
        "SECURITY_ERROR": ("SecurityError", "SecurityError"),
        "TYPE_CONSTRAINT_VIOLATION": ("TypeConstraintViolation", "TypeConstraintViolation"),
    }
    assert read_code("OccurenceConstraintViolation") is ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION
    assert read_code(None) is ErrorCode.GENERIC_ERROR


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '[2,"1","A",' + "[" * 5_000 + "]" * 5_000 + "]",
        '[2,"1","A",{"n":' + "9" * 5_000 + "}]",
        '[2,"1",{"a":1},{}]',
        '[2,"1",["a"],{}]',
        '[2,"1","A",[]]',
        '[2,"1","A","text"]',
        "null",
        "[]",
        "[2]",
        '["2","1","Heartbeat",{}]',
        '[2,"\\ud800","A",{"a":"\\udfff"}]',
        '[2,"1","A",{"a":NaN}]',
    ],
)
@pytest.mark.covers("Q125", "L7", "L2")
def test_bombs_do_no_harm(text: str) -> None:
    link = Link(Version.V201)
    link.receive(text, 0)
    link.texts_to_send()
    assert isinstance(link.receive('[2,"next","Heartbeat",{}]', 0)[0], CallReceived)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, max_size=5),
    max_leaves=12,
)


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text(), st.binary(), VALUES.map(json.dumps), st.lists(VALUES, max_size=6).map(json.dumps)))
@pytest.mark.covers("L7", "Q125")
def test_no_input_makes_the_link_raise_or_fall_silent(data: str | bytes) -> None:
    link = Link(Version.V201)
    for event in link.receive(data, 0):
        if isinstance(event, CallReceived):
            link.answer(event.message_id, b"{}")
    for text in link.texts_to_send():
        json.loads(text)
    assert isinstance(link.receive(HEARTBEAT.replace('"1"', '"next-one"'), 0)[0], CallReceived)
