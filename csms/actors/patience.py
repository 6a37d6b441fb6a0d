"""How long a station is borne with that leaves our calls unanswered."""

from csms.actors.calls import CallEnd
from csms.actors.tools import Tools
from csms.domain.vendors.habits import Habits
from csms.ocpp.events import CallLapsed, ErrorReceived, ResultReceived


class Patience:
    """Counts the calls of ours in a row that a station received and did not answer (Q13)."""

    __slots__ = ("_patient_until", "_tools", "_unanswered")

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._unanswered = 0
        self._patient_until = 0.0

    def is_over(self, event: CallEnd, habits: Habits) -> bool:
        """Whether the station should redial now that a call has ended so; not again and again."""
        policy = self._tools.policy
        if isinstance(event, ResultReceived | ErrorReceived):
            self._unanswered = 0
        elif isinstance(event, CallLapsed) and event.sent:
            self._unanswered += 1
        now = self._tools.clock.monotonic()
        borne = policy.mute_after if habits.mute_after is None else habits.mute_after
        if not borne or self._unanswered < borne or now < self._patient_until:
            return False
        self._unanswered = 0
        self._patient_until = now + policy.mute_patience_s
        return True
