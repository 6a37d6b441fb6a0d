"""What stations tell of their smart charging, in whichever spelling, is read as limits."""

from typing import Any

import pytest

from csms.domain.smart_charging.advice import Limits
from csms.domain.smart_charging.profile import Unit
from csms.features.commands.advising import limits_of

A, W = Unit.AMPERES, Unit.WATTS


@pytest.mark.covers("16-SC-03", "SC-10", "SC-11", "Q95", "Q108")
@pytest.mark.parametrize(
    ("told", "limits"),
    [
        ({}, Limits()),
        (
            {
                "chargeprofilemaxstacklevel": "3",
                "chargingscheduleallowedchargingrateunit": "Current, Power",
                "chargingschedulemaxperiods": " 24 ",
                "maxchargingprofilesinstalled": "10",
                "numberofconnectors": "2",
                "supportedfeatureprofiles": "Core, Smart Charging",
                "connectorswitch3to1phasesupported": "True",
            },
            Limits(3, frozenset({A, W}), 24, 10, 2, able=True, switches_phases=True),
        ),
        (
            {
                "profilestacklevel": "9",
                "rateunit": "A",
                "periodsperschedule": "8",
                "entries[chargingprofiles]": "5",
                "enabled": "true",
                "supportedadditionalpurposes": "PriorityCharging,LocalGeneration",
                "supportsdynamicprofiles": "true",
                "maxexternalconstraintsid": "100",
            },
            Limits(
                9,
                frozenset({A}),
                8,
                5,
                purposes=frozenset({"PriorityCharging", "LocalGeneration"}),
                dynamic=True,
                least_id=100,
            ),
        ),
        ({"chargingscheduleallowedchargingrateunit": "W"}, Limits(units=frozenset({W}))),
        ({"chargingscheduleallowedchargingrateunit": "Horses"}, Limits()),
        ({"supportedfeatureprofiles": "Core,RemoteTrigger"}, Limits(able=False)),
        ({"available": "false"}, Limits(able=False)),
        ({"chargeprofilemaxstacklevel": "many", "chargingschedulemaxperiods": "-1"}, Limits()),
        ({"chargeprofilemaxstacklevel": None}, Limits()),
    ],
)
def test_limits_are_read_from_keys_and_variables(told: dict[str, Any], limits: Limits) -> None:
    assert limits_of([{"name": name, "value": value} for name, value in told.items()]) == limits
