"""Runs the steps on the connection that ``queue_server.storage.migrate`` gives."""

from alembic import context

from queue_server.storage.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
