"""What answers say to commands."""

import json
from typing import Any

import pytest

from csms.ports.commands import Verdict
from handlers.verdicts import verdict_of

SAYS: list[tuple[Any, Verdict]] = [
    ({"status": "Accepted"}, Verdict.ACCEPTED),
    ({"status": " accepted"}, Verdict.ACCEPTED),
    ({"status": "Scheduled"}, Verdict.ACCEPTED),
    ({"status": "Unlocked"}, Verdict.ACCEPTED),
    ({"status": "AcceptedCanceled"}, Verdict.ACCEPTED),
    ({}, Verdict.ACCEPTED),
    ([], Verdict.ACCEPTED),
    ({"configurationKey": [], "unknownKey": ["A"]}, Verdict.ACCEPTED),
    ({"status": "RebootRequired"}, Verdict.NEEDS_RESTART),
    ({"status": "Rejected"}, Verdict.REFUSED),
    ({"status": "UnlockFailed"}, Verdict.REFUSED),
    ({"status": "Unknown"}, Verdict.REFUSED),
    ({"status": "VersionMismatch"}, Verdict.REFUSED),
    ({"status": 7}, Verdict.REFUSED),
    ({"status": "NotSupported"}, Verdict.UNSUPPORTED),
    ({"status": "NotImplemented"}, Verdict.UNSUPPORTED),
    ({"setVariableResult": [{"attributeStatus": "Accepted"}]}, Verdict.ACCEPTED),
    (
        {"setVariableResult": [{"attributeStatus": "Accepted"}, {"attributeStatus": "RebootRequired"}]},
        Verdict.NEEDS_RESTART,
    ),
    ({"setVariableResult": [{"attributeStatus": "Accepted"}, {"attributeStatus": "Rejected"}]}, Verdict.REFUSED),
    ({"getVariableResult": [{"attributeStatus": "Accepted"}, {"attributeStatus": "Rejected"}]}, Verdict.ACCEPTED),
    ({"getVariableResult": [{"attributeStatus": "UnknownVariable"}]}, Verdict.REFUSED),
]


@pytest.mark.covers("16-CORE-21", "Q40", "Q105")
@pytest.mark.parametrize(("answer", "verdict"), SAYS, ids=str)
def test_an_answer_says_yes_no_later_or_that_it_is_not_known(answer: Any, verdict: Verdict) -> None:
    assert verdict_of(json.dumps(answer)) is verdict


@pytest.mark.covers("16-SEC-05")
@pytest.mark.parametrize("status", ["NotFound", " notfound"])
def test_a_station_that_has_no_certificate_has_told_all_that_it_has(status: str) -> None:
    answer = json.dumps({"status": status})
    assert verdict_of(answer, "GetInstalledCertificateIds") is Verdict.ACCEPTED
    assert verdict_of(answer, "DeleteCertificate") is Verdict.REFUSED


def test_what_is_no_json_says_no() -> None:
    assert verdict_of("(") is Verdict.REFUSED
