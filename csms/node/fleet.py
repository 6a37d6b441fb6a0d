"""What is done to many stations: which commands there are for that, and who carries them out."""

from collections.abc import Mapping

from csms.features.commands.carrier import carriers
from csms.features.commands.words import Vocabulary
from csms.features.operations.repository.effects import effects
from csms.features.operations.runner import OperationRunner
from csms.node.foundation import Foundation
from csms.ocpp import schemas
from csms.ocpp.version import Version
from csms.ports.assignments import Carrier
from csms.web.desk import Fault
from handlers.phrasebook import VersionedPhrasebook


def check_call(protocol: str, action: str, payload: bytes) -> list[Fault]:
    """Return what breaks the schema of a call."""
    return list(schemas.check_call(Version(protocol), action, payload))


def carriers_of(node: Foundation) -> Mapping[str, Carrier]:
    """Return what carries each command to a station of many, by the command's name."""
    words = Vocabulary(
        pool=node.pool,
        phrasebook=VersionedPhrasebook(),
        check=check_call,
        clock=node.clock,
        command_bytes=node.settings.command_bytes,
    )
    return carriers(words=words, calls=node.calls, call_timeout_s=node.settings.call_timeout_s)


def start_operations(node: Foundation) -> None:
    """Carry out operations, beside all other workers."""
    runner = OperationRunner(
        pool=node.pool,
        carriers=carriers_of(node),
        effects=effects(node.pool),
        tasks=node.tasks,
        call_timeout_s=node.settings.call_timeout_s,
    )
    node.tasks.spawn(runner.run(), name="operations")
    node.tasks.spawn(runner.watch(), name="operations/watch")
