"""What a station was promised: every message that was acknowledged, and what became of the others."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(slots=True)
class Entry:
    """One transaction message of a station. `meter_wh` is what it says, `true_wh` what had really flowed."""

    station: str
    session: str
    kind: str
    at: str
    meter_wh: int
    transaction: str | None
    true_wh: int = 0
    answer: dict[str, object] = field(default_factory=dict)


@dataclass(slots=True)
class Ledger:
    """The promises made to a fleet.

    A message in `acknowledged` must be in the central system's records for ever; one in
    `discarded` was given up after the last attempt, as embedded stacks do (Q70).
    """

    acknowledged: list[Entry] = field(default_factory=list)
    discarded: list[Entry] = field(default_factory=list)

    def acknowledge(self, entry: Entry) -> None:
        """Note that the central system took over a message."""
        self.acknowledged.append(entry)

    def discard(self, entry: Entry) -> None:
        """Note that the station gave a message up."""
        self.discarded.append(entry)

    def write(self, path: Path) -> None:
        """Write the ledger as JSON lines, so that it survives its process."""
        rows = [("acknowledged", entry) for entry in self.acknowledged] + [
            ("discarded", entry) for entry in self.discarded
        ]
        path.write_text("".join(json.dumps({"fate": fate, **asdict(entry)}) + "\n" for fate, entry in rows))
