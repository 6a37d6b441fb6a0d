"""What the operator keeps: sites, stations, tokens, keys."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from csms.storage.tables import metadata

sites = Table(
    "sites",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("city", Text, nullable=False),
    Column("latitude", Float, nullable=False),
    Column("longitude", Float, nullable=False),
    Column("time_zone", Text),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("version", BigInteger, nullable=False, server_default="1"),
)

stations = Table(
    "stations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("site_id", Text, ForeignKey("sites.id")),
    Column("security_profile", SmallInteger, nullable=False, server_default="0"),
    Column("password_hash", Text),
    Column("old_password_hash", Text),
    Column("old_password_until", DateTime(timezone=True)),
    Column("boot_policy", Text, nullable=False, server_default="Accepted"),
    Column("subprotocol", Text),
    Column("heartbeat_s", Integer),
    Column("call_timeout_s", Integer),
    Column("any_subject", Boolean, nullable=False, server_default=text("false")),
    Column("topology", JSONB, nullable=False, server_default=text("'[]'")),
    Column("labels", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("habits", JSONB, nullable=False, server_default=text("'{}'")),
    Column("version", BigInteger, nullable=False, server_default="1"),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("registration", Text),
    Column("booted_at", DateTime(timezone=True)),
    Column("vendor", Text),
    Column("model", Text),
    Column("serial", Text),
    Column("firmware", Text),
    Column("boot_report", JSONB),
    Index("uq_stations_folded_id", text("lower(id)"), unique=True),
    Index("ix_stations_site_id", "site_id"),
    Index("ix_stations_labels", "labels", postgresql_using="gin"),
)

presence = Table(
    "presence",
    metadata,
    Column("station_id", Text, ForeignKey("stations.id", ondelete="CASCADE"), primary_key=True),
    Column("online", Boolean, nullable=False),
    Column("protocol", Text),
    Column("remote", Text),
    Column("node", Text),
    Column("seen_at", DateTime(timezone=True), nullable=False),
    Column("epoch", BigInteger, nullable=False, server_default="0"),
)

nodes = Table(
    "nodes",
    metadata,
    Column("name", Text, primary_key=True),
    Column("beat_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("status", Text, nullable=False, server_default="Accepted"),
    Column("group", Text),
    Column("expires_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("version", BigInteger, nullable=False, server_default="1"),
    Column("places", JSONB, nullable=False, server_default=text("'[]'")),
    Column("connector_types", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("one_session", Boolean, nullable=False, server_default=text("false")),
    Column("message", Text),
    Column("language", Text),
    Index("uq_tokens_folded_value_kind", text("lower(value)"), text("lower(kind)"), unique=True),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("sha256", Text, nullable=False, unique=True),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("last_used_at", DateTime(timezone=True)),
    Column("expires_at", DateTime(timezone=True)),
)

operators = Table(
    "operators",
    metadata,
    Column("id", Text, primary_key=True),
    Column("email", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Index("uq_operators_folded_email", text("lower(email)"), unique=True),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("caller", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("status", SmallInteger),
    Column("headers", LargeBinary),
    Column("body", LargeBinary),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Index("ix_idempotency_keys_created", "created_at"),
)

installation = Table(
    "installation",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
