"""The grammar of every rule: `(state, command) -> Decision(outcome, events, effects)`."""

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from msgspec import Struct

Outcome = TypeVar("Outcome")


class Command(Struct, Generic[Outcome], frozen=True, gc=False):
    """A wish, in the imperative; `Outcome` is what its asker gets back."""


class Event(Struct, frozen=True, gc=False, tag=True, omit_defaults=True):
    """A fact, in the past tense; once committed it never changes.

    Its tag (the class name) and its members are what the journal stores: a member
    may be added with a default, none may be renamed.
    """


class Effect(Struct, frozen=True, gc=False):
    """An errand to run after the facts are durable."""


class Decision(Struct, Generic[Outcome], frozen=True, gc=False):
    """What a rule decided: an answer, the facts behind it, the errands after it.

    `state` is what the facts lead to, if the rule had to find that out.
    """

    outcome: Outcome
    events: tuple[Event, ...] = ()
    effects: tuple[Effect, ...] = ()
    state: Any = None


Deciders = Mapping[type[Command[Any]], Callable[[Any, Any], Decision[Any]]]
"""The table of contents of one concept: which rule decides which command."""
