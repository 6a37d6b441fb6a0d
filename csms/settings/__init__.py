"""Every setting, read once and frozen.

A setting comes from its environment variable, else from `config/<environment>.toml`, else from
`config/default.toml`, else from here.
"""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    Field,
    IPvAnyAddress,
    IPvAnyNetwork,
    ModelWrapValidatorHandler,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from csms.kit.failures import StartFailed
from csms.settings.certificates import Certificates
from csms.settings.problems import PREFIX, contradictions, line, problem, unknown_names
from csms.settings.words import Door, Environment, Listed, MissingSubprotocol, Role

__all__ = ["CONFIG", "PREFIX", "Door", "Environment", "MissingSubprotocol", "Role", "Settings", "load"]

BASE = r"^(https?|ftp)://[^/@\s]+(/[^@?#\s]*)?$"
"""An address without a name, a password or a query: what addresses of the depot begin with."""
CONFIG = Path(__file__).resolve().parents[2] / "config"


class Settings(Certificates, BaseSettings):
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
    listeners: Annotated[tuple[Door, ...], *Listed] = ()
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
        problems = [problem((), text) for text in (*contradictions(given), *unknown_names(cls.model_fields))]
        try:
            valid = validate(given)
        except ValidationError as invalid:
            problems = [problem(told["loc"], told["msg"]) for told in invalid.errors(include_input=False)] + problems
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
        lines = [line(told["loc"], told["msg"]) for told in invalid.errors(include_input=False)]
        raise StartFailed("settings:\n  " + "\n  ".join(lines)) from None
