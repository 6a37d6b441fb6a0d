"""Calls that together say one command, and their answers as one (Q115)."""

import pytest

from csms.domain.remote import NewValue, ReadVariables, VariableName, WriteVariables
from csms.features.commands.turns import in_turn, joined
from csms.features.commands.wording import Worded
from csms.ports.commands import CallOutcome, CallReport

NAMES = tuple(VariableName(variable=name) for name in "abcde")


@pytest.mark.covers("Q115", "Q93")
def test_what_is_asked_is_cut_without_a_loss_and_in_its_order() -> None:
    parts = ReadVariables(NAMES).chunks(2)
    assert [len(part.variables) for part in parts] == [2, 2, 1]
    assert sum((part.variables for part in parts), ()) == NAMES
    values = tuple(NewValue(variable=name, value="1") for name in "abc")
    assert [part.variables for part in WriteVariables(values).chunks(2)] == [values[:2], values[2:]]


@pytest.mark.covers("Q115")
@pytest.mark.parametrize(
    ("name", "value", "doubted"),
    [
        ("TxUpdatedMeasurands", "", True),
        ("MeterValuesSampledData", " ", True),
        ("StopTxnAlignedData", "Voltage", False),
        ("WebSocketPingInterval", "", False),
    ],
)
def test_an_empty_list_of_what_is_measured_is_warned_of(name: str, value: str, *, doubted: bool) -> None:
    command = WriteVariables((NewValue(variable="Other", value="1"), NewValue(variable=name, value=value)))
    assert [fault.path for fault in command.doubts()] == (["/variables/1/value"] if doubted else [])


def test_what_asks_for_everything_stays_whole() -> None:
    assert ReadVariables().chunks(1) == [ReadVariables()]


def test_lists_of_answers_are_joined_and_of_all_else_the_first_is_said() -> None:
    assert joined([]) is None
    assert joined(['{"a":1}']) == '{"a":1}'
    assert joined(['{"status":"NotFound"}', '{"status":"Accepted","l":[1]}']) == '{"status":"Accepted","l":[1]}'
    assert joined(['{"status":"Accepted","l":[1]}', '{"status":"NotFound"}']) == '{"status":"Accepted","l":[1]}'
    assert joined(['{"l":[1],"s":"x"}', '{"l":[2],"s":"y","m":[3]}']) == '{"l":[1,2],"s":"x","m":[3]}'


async def test_nothing_is_sent_after_a_call_that_was_not_answered() -> None:
    ends = iter([CallReport("1", CallOutcome.ANSWERED, answer='{"l":[1]}'), CallReport("2", CallOutcome.TIMED_OUT)])

    async def send(_: Worded) -> CallReport:
        return next(ends)

    report, calls = await in_turn([Worded("GetVariables", b"{}", None)] * 3, send)
    assert (report.outcome, report.answer, calls) == (CallOutcome.TIMED_OUT, '{"l":[1]}', ["1", "2"])
