"""What a station says again under the message id of before: the answer of then, or a new one."""

import json

import pytest

from csms.ocpp.errors import ErrorCode
from csms.ocpp.events import CallReceived, FrameOdd
from csms.ocpp.link import QUESTIONS, Link
from csms.ocpp.version import Version


@pytest.mark.covers("Q27", "TX-30")
def test_a_repeated_call_gets_the_same_answer_and_runs_once() -> None:
    link = Link(Version.V16)
    call = '[2,"531531536","StartTransaction",{"connectorId":1}]'
    assert isinstance(link.receive(call, 0)[0], CallReceived)
    assert isinstance(link.receive(call, 0)[0], FrameOdd)  # while the first is still being handled
    assert link.texts_to_send() == []
    link.answer("531531536", b'{"transactionId":5}')
    first = link.texts_to_send()
    assert isinstance(link.receive(call, 0)[0], FrameOdd)
    assert link.texts_to_send() == first


@pytest.mark.covers("Q27", "W10")
@pytest.mark.parametrize("action", sorted(QUESTIONS))
def test_a_question_that_is_asked_again_under_its_id_gets_the_answer_of_today(action: str) -> None:
    link = Link(Version.V16)
    call = json.dumps([2, "0", action, {}])
    for day in ("1", "2", "3"):
        assert isinstance(link.receive(call, 0)[0], CallReceived)
        assert isinstance(link.receive(call, 0)[0], FrameOdd), "it is being answered"
        link.answer("0", day.encode())
        assert link.texts_to_send() == [f'[3,"0",{day}]']


@pytest.mark.covers("Q27", "W9")
def test_a_call_that_got_an_error_is_heard_again_under_its_id() -> None:
    link = Link(Version.V201)
    call = '[2,"7","TransactionEvent",{"seqNo":0}]'
    for _ in range(2):
        assert isinstance(link.receive(call, 0)[0], CallReceived)
        assert isinstance(link.receive(call, 0)[0], FrameOdd), "its answer is still to come"
        link.refuse("7", ErrorCode.SECURITY_ERROR, "not accepted yet")
        assert json.loads(link.texts_to_send()[0])[:3] == [4, "7", "SecurityError"]
    assert isinstance(link.receive(call, 0)[0], CallReceived)
    link.answer("7", b"{}")
    assert link.texts_to_send() == ['[3,"7",{}]']
    assert isinstance(link.receive(call, 0)[0], FrameOdd)
    assert link.texts_to_send() == ['[3,"7",{}]'], "a result stays as it is"


@pytest.mark.covers("Q27")
def test_an_old_id_with_another_content_is_a_new_call() -> None:
    link = Link(Version.V16)
    link.receive('[2,"1","Heartbeat",{}]', 0)
    assert isinstance(link.receive('[2,"1","Authorize",{"idTag":"A"}]', 0)[0], CallReceived)
