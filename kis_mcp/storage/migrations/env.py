"""Run by alembic: migrations go through the connection that the journal has open, in its transaction."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
