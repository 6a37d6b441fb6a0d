"""What every actor is given."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from csms.domain.signing import Terms
from csms.kit.clock import Clock
from csms.kit.tasks import Tasks
from csms.ocpp.version import Version
from csms.ports.certificates import CertificateOrders, ClientCertificates
from csms.ports.commands import Phrasebook
from csms.ports.grounds import Grounds
from csms.ports.handlers import Dialect
from csms.ports.journal import Archive, Journal
from csms.ports.registry import Presence, StationRegistry, Tokens
from csms.ports.vendors import Vendors


@dataclass(frozen=True, slots=True)
class Policy:
    """How the house treats stations where the operator can choose.

    `gated` are the versions in which a call before acceptance is refused with SecurityError;
    it is always answered in the others (Q48). A mailbox longer than `mailbox_high` stops the
    reading of its socket until it is shorter than `mailbox_low`. A station that leaves `mute_after`
    calls in a row unanswered is made to redial, once in `mute_patience_s` (Q13). The house asks a
    station nothing by itself before its line has stood for `upkeep_settle_s`; 0: never (Q131).
    `signing` are the terms on which it has certificates signed.
    """

    heartbeat_s: int = 300
    call_timeout_s: float = 60.0
    gated: frozenset[Version] = frozenset({Version.V201, Version.V21})
    mailbox_high: int = 256
    mailbox_low: int = 64
    retry_interval_s: int = 60
    available_grace_s: float = 60.0
    asleep_after_s: float = 600.0
    mute_after: int = 3
    mute_patience_s: float = 1800.0
    upkeep_settle_s: float = 60.0
    signing: Terms = field(default_factory=Terms)


@dataclass(frozen=True, slots=True)
class Tools:
    """The ports and rules that actors work with."""

    journal: Journal
    archive: Archive
    registry: StationRegistry
    tokens: Tokens
    grounds: Grounds
    presence: Presence
    clock: Clock
    tasks: Tasks
    dialects: Mapping[Version, Dialect]
    orders: CertificateOrders
    certificates: ClientCertificates
    phrasebook: Phrasebook
    vendors: Vendors
    policy: Policy
