"""Every setting, read once and frozen.

A setting comes from its environment variable, else from `config/<environment>.toml`, else from
`config/default.toml`, else from here.
"""

import difflib
import json
import os
import re
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    IPvAnyAddress,
    IPvAnyNetwork,
    ModelWrapValidatorHandler,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from csms.kit.failures import StartFailed

SCHEMES = {
    "DATABASE_URL": ("postgresql://", "postgres://"),
    "REDIS_URL": ("redis://", "rediss://", "unix://"),
}
FIRST_OF_TLS = 2
BASE = r"^(https?|ftp)://[^/@\s]+(/[^@?#\s]*)?$"
"""An address without a name, a password or a query: what addresses of the depot begin with."""
CONFIG = Path(__file__).resolve().parents[1] / "config"
PREFIX = "CSMS_"
SERVICE_LINK = re.compile(r"(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$")
"""How Kubernetes names what it tells every container of a service; one that is called `csms` begins as we do."""


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


def _listed(given: Any) -> Any:
    """Return the items of a text: those of a JSON array, or what commas part; a path is the only one."""
    if isinstance(given, Path):
        return (given,)
    if not isinstance(given, str):
        return given
    return json.loads(given) if given.lstrip().startswith("[") else [item.strip() for item in given.split(",") if item]


Listed = (NoDecode, BeforeValidator(_listed))
"""What makes a setting of several items one that an environment variable can hold."""


class Settings(BaseSettings):
    """The settings of one process."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    environment: Environment = Environment.DEVELOPMENT
    roles: Annotated[frozenset[Role], *Listed] = frozenset(Role)
    node: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")] | None = None
    data_folder: Path = Path(".data")
    vendors_folder: Path | None = None

    database_url: Annotated[SecretStr | None, Field(validation_alias="DATABASE_URL")] = None
    redis_url: Annotated[SecretStr | None, Field(validation_alias="REDIS_URL")] = None
    database_pool: Annotated[int, Field(ge=2, le=200)] = 10
    bootstrap_api_key: SecretStr | None = None
    operator_email: str = "operator@localhost"

    ocpp_host: str = "0.0.0.0"  # noqa: S104  # stations come from outside
    ocpp_port: Annotated[int, Field(ge=0, le=65535)] = 9000
    ocpp_reuse_port: bool = False
    tls_port: Annotated[int, Field(ge=0, le=65535)] = 9443
    tls_certificate: Annotated[tuple[Path, ...], *Listed] = ()
    tls_key: Annotated[tuple[Path, ...], *Listed] = ()
    tls_client_ca: Annotated[tuple[Path, ...], *Listed] = ()
    listeners: Annotated[tuple[Door, ...], *Listed] = ()
    cpo_names: Annotated[tuple[str, ...], *Listed] = ()
    web_host: str = "127.0.0.1"
    web_port: Annotated[int, Field(ge=0, le=65535)] = 8000
    health_host: str = "127.0.0.1"
    health_port: Annotated[int, Field(ge=0, le=65535)] = 8001

    files_host: str = "0.0.0.0"  # noqa: S104  # stations come from outside
    files_port: Annotated[int, Field(ge=0, le=65535)] = 8010
    files_tls_port: Annotated[int, Field(ge=0, le=65535)] = 8443
    files_urls: Annotated[tuple[Annotated[str, Field(pattern=BASE)], ...], *Listed] = ()
    files_max_mb: Annotated[int, Field(ge=1, le=65536)] = 1024
    files_stall_s: Annotated[float, Field(gt=0, le=3600)] = 60.0
    files_ticket_h: Annotated[float, Field(gt=0, le=720)] = 24.0
    files_keep_days: Annotated[int, Field(ge=1)] = 90
    ftp: bool = False
    ftp_port: Annotated[int, Field(ge=0, le=65535)] = 2121
    ftp_passive_ports: Annotated[str, Field(pattern=r"^\d{4,5}-\d{4,5}$")] | None = None
    ftp_address: IPvAnyAddress | None = None
    s3_endpoint: Annotated[str | None, Field(validation_alias="S3_ENDPOINT", pattern="^https?://")] = None
    s3_bucket: Annotated[str | None, Field(validation_alias="S3_BUCKET")] = None
    s3_region: Annotated[str, Field(validation_alias="S3_REGION")] = "us-east-1"
    s3_access_key: Annotated[str | None, Field(validation_alias="S3_ACCESS_KEY")] = None
    s3_secret_key: Annotated[SecretStr | None, Field(validation_alias="S3_SECRET_KEY")] = None

    heartbeat_s: Annotated[int, Field(ge=1, le=86400)] = 300
    call_timeout_s: Annotated[float, Field(ge=1, le=600)] = 60.0
    command_bytes: Annotated[int, Field(ge=512, le=1_048_576)] = 4096
    upkeep_settle_s: Annotated[float, Field(ge=0, le=3600)] = 60.0
    call_gap_s: Annotated[float, Field(ge=0, le=60)] = 0.2
    missing_subprotocol: MissingSubprotocol = MissingSubprotocol.ASSUME_16
    gate_16: bool = False
    gate_2x: bool = True

    handshake_timeout_s: Annotated[float, Field(gt=0, le=60)] = 5.0
    handshakes_at_once: Annotated[int, Field(ge=1, le=10000)] = 500
    pending_connections: Annotated[int, Field(ge=16)] = 10_000
    connects_per_minute: Annotated[int, Field(ge=1)] = 6000
    exempt_networks: Annotated[tuple[IPvAnyNetwork, ...], *Listed] = ()
    max_frame_bytes: Annotated[int, Field(ge=65536, le=16_777_216)] = 1_048_576
    max_depth: Annotated[int, Field(ge=8, le=256)] = 32
    ping_s: Annotated[float, Field(ge=0, le=3600)] = 27.0
    silence_s: Annotated[float, Field(ge=1)] = 150.0
    presence_s: Annotated[float, Field(ge=1, le=3600)] = 60.0
    node_silence_s: Annotated[float, Field(ge=1, le=3600)] = 45.0
    frames_per_second: Annotated[float, Field(gt=0)] = 2000.0
    drain_batch: Annotated[int, Field(ge=1)] = 500
    drain_pause_s: Annotated[float, Field(ge=0)] = 1.0
    frames_keep_days: Annotated[int, Field(ge=1)] = 30
    security_events_keep_days: Annotated[int, Field(ge=1)] = 730
    journal_hold_s: Annotated[float, Field(ge=0, le=30)] = 3.0

    @model_validator(mode="wrap")
    @classmethod
    def tell_all(cls, given: Any, validate: ModelWrapValidatorHandler[Self]) -> Self:
        """Fail with the problems of single settings and those between settings together."""
        problems = [_problem((), text) for text in (*_contradictions(given), *_unknown_names(cls))]
        try:
            valid = validate(given)
        except ValidationError as invalid:
            problems = [_problem(told["loc"], told["msg"]) for told in invalid.errors(include_input=False)] + problems
        if problems:
            raise ValidationError.from_exception_data(cls.__name__, problems)
        return valid

    @classmethod
    def settings_customise_sources(  # the signature of the library
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is given in code wins over the environment; files come in as defaults."""
        return (init_settings, env_settings, _Files(settings_cls))


class _Files(PydanticBaseSettingsSource):
    """The files in `config/`."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        values = _read(CONFIG / "default.toml")
        environment = self.current_state.get("environment") or values.get("environment") or "development"
        values |= _read(CONFIG / f"{getattr(environment, 'value', environment)}.toml")
        return values


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise StartFailed(f"{path}: {error}") from error


def load(**given: Any) -> Settings:
    """Return the settings, or raise `StartFailed` with every problem at once and no secret in it."""
    try:
        return Settings(**given)
    except ValidationError as invalid:
        lines = [_line(problem["loc"], problem["msg"]) for problem in invalid.errors(include_input=False)]
        raise StartFailed("settings:\n  " + "\n  ".join(lines)) from None


def _contradictions(given: Mapping[str, Any]) -> list[str]:
    """Return what is wrong between settings, or with the text of a secret one, as they were given."""
    problems = []
    if _count(given.get("tls_certificate")) != _count(given.get("tls_key")):
        problems.append(
            "CSMS_TLS_CERTIFICATE and CSMS_TLS_KEY: set both or neither, and as many of one as of the other"
        )
    if (given.get("S3_ACCESS_KEY") is None) != (given.get("S3_SECRET_KEY") is None):
        problems.append("S3_ACCESS_KEY and S3_SECRET_KEY: set both or neither")
    if given.get("S3_ENDPOINT") is not None and given.get("S3_BUCKET") is None:
        problems.append("S3_BUCKET: must be set with S3_ENDPOINT")
    for name, schemes in SCHEMES.items():
        url = given.get(name)
        if url is not None and not str(url).startswith(schemes):
            problems.append(f"{name}: must begin with one of {', '.join(schemes)}")
        if url is None and given.get("environment") == Environment.PRODUCTION:
            problems.append(f"{name}: must be set in production")
    return problems


def _unknown_names(settings: type[BaseSettings]) -> list[str]:
    """Return what is wrong with the names of environment variables that are ours by their prefix."""
    known = [_name((name,)) for name in settings.model_fields]
    unknown = [name for name in map(str.upper, os.environ) if name.startswith(PREFIX) and name not in known]
    return [f"{name}: there is no such setting{_guess(name, known)}" for name in sorted(unknown) if not _is_link(name)]


def _guess(name: str, known: list[str]) -> str:
    alike = difflib.get_close_matches(name, known, n=1, cutoff=0.8)
    return f"; is it {alike[0]}?" if alike else ""


def _is_link(name: str) -> bool:
    value = os.environ.get(name, "")
    return SERVICE_LINK.search(name) is not None or (name.endswith("_PORT") and "://" in value)


def _count(given: Any) -> int:
    listed = _listed(given)
    return 0 if listed is None else len(listed)


def _problem(location: tuple[str | int, ...], text: str) -> InitErrorDetails:
    return InitErrorDetails(type=PydanticCustomError("setting", "{text}", {"text": text}), loc=location, input=None)


def _line(location: tuple[str | int, ...], text: str) -> str:
    if not location:
        return text
    within = " ".join(map(str, location[1:])) if any(isinstance(part, str) for part in location[1:]) else ""
    return f"{_name(location)}{within and f' ({within})'}: {text}"


def _name(location: tuple[str | int, ...]) -> str:
    name = str(location[0])
    return name if name.isupper() else f"{PREFIX}{name.upper()}"
