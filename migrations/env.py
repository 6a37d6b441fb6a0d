"""Run migrations on the connection that `csms.storage.migrate` hands over.

What the tables are is told twice: by the revisions, frozen, and by `csms.storage.tables`, which
stands for today. A test holds the two together.
"""

from alembic import context

from csms.storage.tables import (
    certificate_orders,
    certificates,
    charging,
    client_certificates,
    depot,
    errands,
    facts,
    fleet,
    local_lists,
    metadata,
    network,
    reservations,
    security,
)

loaded = (
    certificates.certificates,
    certificate_orders.certificate_orders,
    charging.charging_profiles,
    client_certificates.client_certificates,
    depot.tickets,
    errands.errands,
    facts.journal,
    fleet.operations,
    local_lists.local_lists,
    network.stations,
    reservations.reservations,
    security.security_events,
)
assert {table.metadata for table in loaded} == {metadata}  # noqa: S101

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
