"""What is done to many stations: which commands there are for that, and who carries them out."""

from collections.abc import Mapping, Sequence
from functools import partial

from csms.actors.tools import Policy
from csms.domain.vendors.habits import Habits
from csms.features.commands.carrier import carriers
from csms.features.commands.words import Vocabulary
from csms.features.configuration.carrier import ConfigurationCarrier
from csms.features.configuration.keeper import ConfigurationKeeper
from csms.features.configuration.repository import Configurations
from csms.features.operations.creation import begin
from csms.features.operations.repository.effects import effects
from csms.features.operations.runner import OperationRunner
from csms.node.files import porter_of
from csms.node.foundation import Foundation
from csms.ocpp import schemas
from csms.ocpp.version import Version
from csms.ports.assignments import Carrier
from csms.settings import Settings
from csms.web.desk import Fault
from handlers.phrasebook import VersionedPhrasebook

KEEP_S = 10.0
SAFE_PACE = 5.0
"""So many stations a second are set right after their boots, over the whole fleet (Q118)."""
AFTER_BOOT = "after boots"
FOR_VALUES = "restarts for values that count only then"


def check_call(protocol: str, action: str, payload: bytes) -> list[Fault]:
    """Return what breaks the schema of a call."""
    return list(schemas.check_call(Version(protocol), action, payload))


def house_habits(settings: Settings) -> Habits:
    """Return how a station is treated of which nothing is known."""
    return Habits(
        ping_s=settings.ping_s,
        silence_s=settings.silence_s,
        settle_s=settings.upkeep_settle_s,
        heartbeat_s=settings.heartbeat_s,
        call_timeout_s=settings.call_timeout_s,
        call_gap_s=settings.call_gap_s,
        mute_after=Policy().mute_after,
        frames_per_second=settings.frames_per_second,
        command_bytes=settings.command_bytes,
        missing_subprotocol=settings.missing_subprotocol.value,
        read_all=True,
    )


def carriers_of(node: Foundation) -> Mapping[str, Carrier]:
    """Return what carries each command to a station of many, by the command's name."""
    words = Vocabulary(
        pool=node.pool,
        phrasebook=VersionedPhrasebook(),
        check=check_call,
        clock=node.clock,
        registry=node.registry,
        porter=porter_of(node),
        command_bytes=node.settings.command_bytes,
        signing=node.terms,
    )
    call_timeout_s = node.settings.call_timeout_s
    configuration = ConfigurationCarrier(
        configurations=Configurations(node.pool),
        registry=node.registry,
        calls=node.calls,
        phrasebook=words.phrasebook,
        call_timeout_s=call_timeout_s,
    )
    return {
        **carriers(words=words, calls=node.calls, call_timeout_s=call_timeout_s),
        "configuration": configuration,
    }


def start_operations(node: Foundation) -> None:
    """Carry out operations, beside all other workers, and begin those that follow boots."""
    runner = OperationRunner(
        pool=node.pool,
        carriers=carriers_of(node),
        effects=effects(node.pool),
        tasks=node.tasks,
    )
    node.tasks.keep(runner.run, name="operations")
    node.tasks.keep(runner.watch, name="operations/watch")
    if node.settings.upkeep_settle_s:
        node.tasks.keep(partial(_keeper(node).run, KEEP_S), name="configurations")


def _keeper(node: Foundation) -> ConfigurationKeeper:
    async def set_right(stations: Sequence[str]) -> None:
        await begin(node.pool, "configuration", stations, name=AFTER_BOOT, per_second=SAFE_PACE)

    async def restart(stations: Sequence[str]) -> None:
        await begin(node.pool, "reset", stations, name=FOR_VALUES, per_second=SAFE_PACE)

    return ConfigurationKeeper(
        configurations=Configurations(node.pool),
        settle_s=node.settings.upkeep_settle_s,
        begin=set_right,
        restart=restart,
        clock=node.clock,
    )
