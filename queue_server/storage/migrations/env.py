"""Runs the steps on the connection that ``queue_server.storage.migrate`` gives."""

from alembic import context

import queue_server.storage.record_tables  # noqa: F401  # its tables belong to the metadata
from queue_server.storage.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
