"""OCPP 1.6, configuration keys: what stations answer of them. A key is a variable of a component without a name."""

from collections.abc import Iterator

from csms.domain.station.commands import ReportVariable, ReportVariables
from csms.ocpp.messages import v16
from csms.ocpp.secrets import MASK, is_secret
from csms.ocpp.version import Version
from csms.ports.handlers import Answered
from handlers.answers import read


def get_configuration(answered: Answered) -> Iterator[ReportVariables]:
    """Keep what a station told of its keys (1.6 §5.8, Q93); secrets that it shows are not kept (Q126)."""
    told: v16.GetConfigurationResponse = read(Version.V16, "GetConfiguration", answered)
    if told.configuration_key:
        yield ReportVariables(tuple(map(_variable, told.configuration_key)), answered.at)


def _variable(key: v16.ConfigurationKey) -> ReportVariable:
    return ReportVariable(
        component="",
        variable=key.key,
        value=MASK if key.value and is_secret(key.key) else key.value,
        mutability="ReadOnly" if key.readonly else "ReadWrite",
    )


LEARNS = {"GetConfiguration": get_configuration}
"""What the answers to these calls say of the station."""
