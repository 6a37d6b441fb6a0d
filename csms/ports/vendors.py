"""What is known of makes of stations."""

from collections.abc import Sequence
from typing import Protocol

from csms.domain.vendors.habits import Habits
from csms.domain.vendors.profiles import Make, Profile, Resolved


class Vendors(Protocol):
    """The profiles as they stand now. No method blocks or raises."""

    @property
    def profiles(self) -> Sequence[Profile]:
        """All profiles there are."""

    def resolve(self, make: Make, overrides: Habits) -> Resolved:
        """Return the habits of a station; the same object for the same make without overrides."""
