"""An energy meter, honest or not."""

from simulators.behaviour import Meter

ROLLOVER = 2**32


class EnergyMeter:
    """Counts the energy of one EVSE. `true_wh` is what really flowed; `register` is what the station says."""

    def __init__(self, habit: Meter, *, start_wh: int = 1000) -> None:
        self._habit = habit
        self._offset = ROLLOVER - 500 if habit is Meter.ROLLOVER else start_wh
        self.true_wh = 0
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

    def sample(self) -> tuple[str, str, str]:
        """Return measurand, value and unit of the next meter value."""
        self._readings += 1
        register = self.register()
        match self._habit:
            case Meter.KWH:
                return "Energy.Active.Import.Register", f"{register / 1000:.3f}", "kWh"
            case Meter.BLIP if self._readings % 3 == 0:
                return "Energy.Active.Import.Register", "0", "Wh"
            case _:
                return "Energy.Active.Import.Register", str(register), "Wh"

    @property
    def session_wh(self) -> int:
        """What really flowed since the session began."""
        return self.true_wh - self._session_began_at
