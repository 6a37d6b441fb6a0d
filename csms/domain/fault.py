"""What is wrong with something that an operator says."""

from msgspec import Struct


class Fault(Struct, frozen=True, gc=False):
    """What is wrong, and where: a JSON pointer into what was said."""

    path: str
    why: str
