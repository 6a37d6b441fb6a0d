"""What stations hold to limit charging, and what they told of it."""

from sqlalchemy import BigInteger, Boolean, Column, DateTime, ForeignKey, Integer, SmallInteger, Table, Text

from csms.storage.tables import metadata

charging_profiles = Table(
    "charging_profiles",
    metadata,
    Column("station_id", Text, primary_key=True),
    Column("profile_id", BigInteger, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("record", Text, nullable=False),
)
"""Profiles that stations accepted or reported; `record` is the whole of one as JSON."""

charging_profile_answers = Table(
    "charging_profile_answers",
    metadata,
    Column("station_id", Text, primary_key=True),
    Column("purpose", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("unit", Text, primary_key=True),
    Column("stack_level", BigInteger, primary_key=True),
    Column("status", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)
"""What a station answered the last time to profiles of each sort."""

charging_profile_reports = Table(
    "charging_profile_reports",
    metadata,
    Column("station_id", Text, primary_key=True),
    Column("request_id", BigInteger, primary_key=True),
    Column("found", Boolean),
    Column("complete", Boolean, nullable=False),
    Column("profiles", Integer, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)

composite_schedules = Table(
    "composite_schedules",
    metadata,
    Column("station_id", Text, primary_key=True),
    Column("evse", BigInteger, primary_key=True),
    Column("status", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("duration_s", BigInteger, nullable=False),
    Column("unit", Text),
    Column("composite", Text),
    Column("changed_since", Boolean, nullable=False, server_default="false"),
)
"""The last composite schedule that a station told of an EVSE (0: of itself), and whether its profiles have changed since."""

charging_constraints = Table(
    "charging_constraints",
    metadata,
    Column("station_id", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("evse", BigInteger, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("record", Text, nullable=False),
)
"""What others limit at stations."""

charging_settings = Table(
    "charging_settings",
    metadata,
    Column("station_id", Text, ForeignKey("stations.id", ondelete="CASCADE"), primary_key=True),
    Column("nominal_voltage_v", SmallInteger, nullable=False, server_default="230"),
    Column("phases", SmallInteger, nullable=False, server_default="3"),
    Column("forgets_on_reboot", Boolean, nullable=False, server_default="false"),
    Column("restores_after_reboot", Boolean, nullable=False, server_default="false"),
)
"""What an operator knows of a station that it does not tell, and whether what it forgets is to be sent again."""

charging_restorations = Table(
    "charging_restorations",
    metadata,
    Column("station_id", Text, ForeignKey("stations.id", ondelete="CASCADE"), primary_key=True),
    Column("booted_at", DateTime(timezone=True), nullable=False),
    Column("tries", Integer, nullable=False, server_default="1"),
    Column("held_until", DateTime(timezone=True)),
    Column("began_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    Column("outcome", Text),
    Column("next_try_at", DateTime(timezone=True)),
)
"""How far what stations lost at their last boot is restored; `held_until`: a worker does so."""

restored_profiles = Table(
    "restored_profiles",
    metadata,
    Column("station_id", Text, ForeignKey("stations.id", ondelete="CASCADE"), primary_key=True),
    Column("profile_id", BigInteger, primary_key=True),
    Column("evse", BigInteger, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("stack_level", BigInteger, nullable=False),
    Column("call_id", Text, nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("outcome", Text),
    Column("detail", Text),
    Column("ended_at", DateTime(timezone=True)),
)
"""What was sent again after that boot, each noted before its call, and how the last try ended."""
