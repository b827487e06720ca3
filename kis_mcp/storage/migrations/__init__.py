"""The order journal's schema, version by version.

A journal opens without alembic unless its file is new or old; only then is alembic imported.
"""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

LATEST = 4
"""The version that this package reads and writes."""

_FOLDER = Path(__file__).parent
_BEFORE_ALEMBIC = "schema_versions"
"""Where version 1 kept its number before alembic did."""


def version_of(connection: Connection) -> int:
    """The version of a journal; 0 for a new file."""
    tables = inspect(connection).get_table_names()
    if "alembic_version" in tables:
        return int(connection.execute(text("select version_num from alembic_version")).scalar_one_or_none() or 0)
    return 1 if _BEFORE_ALEMBIC in tables else 0


def upgrade(connection: Connection) -> None:
    """Bring a journal to the latest version, within the connection's transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", _FOLDER.as_posix().replace("%", "%%"))
    if _BEFORE_ALEMBIC in inspect(connection).get_table_names():
        command.stamp(config, "1")
    command.upgrade(config, "head")
