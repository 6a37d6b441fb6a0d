"""Run migrations on the connection that `csms.storage.migrate` hands over.

What the tables are is told twice: by the revisions, frozen, and by `csms.storage.tables`, which
stands for today. A test holds the two together.
"""

from alembic import context

from csms.storage.tables import errands, facts, metadata, network

assert errands.errands.metadata is facts.journal.metadata is network.stations.metadata is metadata  # noqa: S101  # all are loaded

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
