"""An energy meter, honest or not."""

from dataclasses import dataclass

from simulators.behaviour import Meter

ROLLOVER = 2**32
ENERGY = "Energy.Active.Import.Register"
POWER = "Power.Active.Import"
RESET_AFTER = 2
OCMF_BYTES = 16_384


@dataclass(frozen=True, slots=True)
class Reading:
    """One sampled value as the station says it; `signed` is what proves it."""

    value: str
    measurand: str = ENERGY
    unit: str | None = "Wh"
    phase: str | None = None
    signed: str | None = None


GLUED = (Reading("16.0", "Current.Import.L1", "A"), Reading("230.1", "Voltage.L1-N", "V"))


class EnergyMeter:
    """Counts the energy of one EVSE. `true_wh` is what really flowed; `register` is what the station says."""

    def __init__(self, habit: Meter, *, start_wh: int = 1000) -> None:
        self._habit = habit
        self._offset = ROLLOVER - 500 if habit is Meter.ROLLOVER else start_wh
        self.true_wh = 0
        self.power_w: int | None = None
        self._session_began_at = 0
        self._readings = 0

    def begin(self) -> int:
        """Start a session and return the register."""
        self._session_began_at = self.true_wh
        self._readings = 0
        return self.register()

    def flow(self, wh: int) -> None:
        """Let energy flow."""
        self.true_wh += wh

    def register(self) -> int:
        """Return the register in Wh."""
        in_session = self.true_wh - self._session_began_at
        match self._habit:
            case Meter.SESSION:
                return in_session
            case Meter.ROLLOVER:
                return (self._offset + self.true_wh) % ROLLOVER
            case _:
                return self._offset + self.true_wh

    def sample(self) -> list[Reading]:
        """Return the next meter value, in one sampled value or several; with the power, where that is known."""
        power = [] if self.power_w is None else [Reading(str(self.power_w), POWER, "W")]
        return [*self._energy(), *power]

    def _energy(self) -> list[Reading]:
        self._readings += 1
        register, third_time = self.register(), self._readings % 3 == 0
        if self._habit is Meter.RESET and self._readings == RESET_AFTER:
            self._offset = -self.true_wh
            return [Reading(str(register))]
        if self._habit is Meter.PHASES:
            third = register // 3
            shares = (("L1", register - 2 * third), ("L2", third), ("L3", third))
            return [Reading(str(wh), phase=phase) for phase, wh in shares]
        total = {
            Meter.KWH: Reading(f"{register / 1000:.3f}", unit="kWh"),
            Meter.NO_UNIT: Reading(str(register), unit=None),
            Meter.BLIP: Reading("0" if third_time else str(register)),
            Meter.NAN: Reading("NaN" if third_time else str(register)),
            Meter.OCMF: Reading(str(register), signed="OCMF|" + "x" * OCMF_BYTES),
        }.get(self._habit, Reading(str(register)))
        return [total, *GLUED] if self._habit is Meter.GLUED else [total]

    @property
    def session_wh(self) -> int:
        """What really flowed since the session began."""
        return self.true_wh - self._session_began_at
