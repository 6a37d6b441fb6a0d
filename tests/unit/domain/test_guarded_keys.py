"""What is known of the keys of a station's security."""

import pytest

from csms.domain.remote import NewValue, ReadVariables, VariableName, WriteVariables

GOOD = [
    ("AuthorizationKey", "00" * 16),
    ("AuthorizationKey", "aF" * 20),
    ("SecurityProfile", "2"),
    ("CpoName", "Example Charging"),
    ("HeartbeatInterval", "60"),
]
DOUBTFUL = [
    ("AuthorizationKey", "00" * 15),
    ("authorizationkey", "00" * 21),
    ("AuthorizationKey", "plain words 0017"),
    ("SecurityProfile", "0"),
    ("SecurityProfile", "4"),
    ("CpoName", " "),
    ("AdditionalRootCertificateCheck", "true"),
    ("CertificateSignedMaxChainSize", "10000"),
    ("CertificateStoreMaxLength", "5"),
    ("supportedFileTransferProtocols", "FTP"),
]


@pytest.mark.covers("16-SEC-11", "SEC-13")
@pytest.mark.parametrize(("variable", "value"), GOOD)
def test_nothing_is_said_against_a_good_value(variable: str, value: str) -> None:
    assert not list(WriteVariables((NewValue(variable=variable, value=value),)).doubts())


@pytest.mark.covers("16-SEC-11", "SEC-13")
@pytest.mark.parametrize(("variable", "value"), DOUBTFUL)
def test_what_a_station_will_not_take_of_a_key_is_told_with_its_place(variable: str, value: str) -> None:
    values = NewValue(variable="HeartbeatInterval", value="60"), NewValue(variable=variable, value=value)
    (doubt,) = WriteVariables(values).doubts()
    assert doubt.path == "/variables/1/value"
    assert value not in doubt.why or len(value) < 5


@pytest.mark.covers("16-SEC-11")
@pytest.mark.parametrize("name", ["AuthorizationKey", "BasicAuthPassword"])
def test_passwords_are_asked_for_in_vain(name: str) -> None:
    (doubt,) = ReadVariables((VariableName("CpoName"), VariableName(name))).doubts()
    assert doubt.path == "/variables/1/variable"
