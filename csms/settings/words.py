"""The words that settings are made of."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_settings import NoDecode

FIRST_OF_TLS = 2


class Environment(StrEnum):
    """Where the program runs."""

    DEVELOPMENT = "development"
    STAGING = "staging"
    PRODUCTION = "production"


class Role(StrEnum):
    """What a process does; one may do all."""

    GATEWAY = "gateway"
    API = "api"
    FILES = "files"
    WORKER = "worker"


class MissingSubprotocol(StrEnum):
    """What a station gets that offers no subprotocol (Q1)."""

    REFUSE = "refuse"
    ASSUME_16 = "assume-1.6"


class Door(BaseModel):
    """A port that stations knock at: the security profiles it serves tell whether it speaks TLS.

    `terminated`: something before it speaks TLS with the stations, so that profile 2 may come in plain.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    port: Annotated[int, Field(ge=0, le=65535)]
    profiles: Annotated[frozenset[Annotated[int, Field(ge=0, le=3)]], Field(min_length=1)]
    host: str | None = None
    terminated: bool = False

    @property
    def tls(self) -> bool:
        """Whether it speaks TLS."""
        return max(self.profiles) >= FIRST_OF_TLS and not self.terminated

    @model_validator(mode="after")
    def check(self) -> Self:
        """Refuse profiles that no port can serve together."""
        if self.tls and min(self.profiles) < FIRST_OF_TLS:
            raise ValueError("profiles 2 and 3 come over TLS, 0 and 1 do not: give each kind a port of its own")
        if self.terminated and 3 in self.profiles:  # noqa: PLR2004  # the number of the profile
            raise ValueError("profile 3 shows its certificate to us: it cannot be terminated before")
        return self


def listed(given: Any) -> Any:
    """Return the items of a text: those of a JSON array, or what commas part; a path is the only one."""
    if isinstance(given, Path):
        return (given,)
    if not isinstance(given, str):
        return given
    return json.loads(given) if given.lstrip().startswith("[") else [item.strip() for item in given.split(",") if item]


Listed = (NoDecode, BeforeValidator(listed))
"""What makes a setting of several items one that an environment variable can hold."""
