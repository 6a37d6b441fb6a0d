"""What the platform offers over HTTP: one list of all features."""

from collections.abc import Sequence

from litestar import Router

from csms.features.certificate_orders.router import certificate_orders, station_certificate_orders
from csms.features.certificates.router import station_certificates, trusted_certificates
from csms.features.charging_profiles.router import charging_profiles, session_limits, settings_of_many
from csms.features.client_certificates.router import client_certificates, station_client_certificates
from csms.features.commands.router import commands
from csms.features.configuration.router import configurations, station_configurations
from csms.features.errands.router import errands
from csms.features.events.router import events
from csms.features.files.router import files
from csms.features.firmware.router import firmware
from csms.features.health.router import health
from csms.features.local_lists.router import local_lists
from csms.features.operations.router import campaigns, operations
from csms.features.reservations.router import reservations
from csms.features.security_events.router import security_events, station_security_events
from csms.features.sessions.router import sessions
from csms.features.sites.router import sites
from csms.features.stations.router import stations
from csms.features.tokens.router import tokens
from csms.features.vendors.hints import hints
from csms.features.vendors.router import habits, vendors

API = "/api/v1"


def routers() -> Sequence[Router]:
    """Return the routers of all features."""
    of_many = [operations, campaigns, vendors, habits, hints, configurations, station_configurations]
    of_certificates = [station_certificates, trusted_certificates, certificate_orders, station_certificate_orders]
    of_clients = [client_certificates, station_client_certificates]
    guarding = [security_events, station_security_events, *of_certificates, *of_clients]
    charging = [charging_profiles, settings_of_many]
    of_stations = [stations, commands, *of_many, *charging, *local_lists, reservations, errands, *guarding]
    rooms = [*of_stations, sessions, session_limits, sites, tokens, firmware, files, events]
    return [Router(API, route_handlers=rooms), *own_routers()]


def own_routers() -> Sequence[Router]:
    """Return the routers of what a process tells of itself, whatever its roles are."""
    return [health]
