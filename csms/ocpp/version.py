"""The versions of the protocol, by the names of their subprotocols."""

from enum import StrEnum


class Version(StrEnum):
    """A version of OCPP-J that the house speaks."""

    V16 = "ocpp1.6"
    V201 = "ocpp2.0.1"
    V21 = "ocpp2.1"

    @property
    def is_2x(self) -> bool:
        """Whether the rules of 2.0.1 hold (2.1 is 2.0.1 with more rows)."""
        return self is not Version.V16
