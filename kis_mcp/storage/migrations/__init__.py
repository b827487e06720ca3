"""The order journal's schema, version by version, in `versions`.

A journal of the latest version opens without alembic, which takes long to import.
"""

from pathlib import Path

from sqlalchemy import Connection, inspect, select

from kis_mcp.errors import SettingsError
from kis_mcp.storage.database import Database
from kis_mcp.storage.journal_tables import SCHEMA_VERSION, SCHEMA_VERSIONS

VERSIONS = ("first", "notices", "strategies")
"""The versions that this package can bring to the latest, which is the last; a test holds them to alembic's."""

_FOLDER = Path(__file__).parent


async def migrate(database: Database) -> None:
    """Bring a journal to the latest version. The version is looked at first: a journal that needs no migration waits
    for nobody's lock.

    Raises:
        SettingsError: Something else wrote it; nothing is changed.
    """
    async with database.reading() as session:
        version = await (await session.connection()).run_sync(_version_of)
    if version == VERSIONS[-1]:
        return
    if version is not None and version not in VERSIONS:
        raise SettingsError(
            f"{database.name} is no order journal that this kis-mcp knows: it has {version}. It was left as it is.",
            remedy="Update kis-mcp if a newer one wrote it; otherwise look for open orders at KIS, move the file away,"
            " and start again, or set KIS_DATA_DIR to another folder.",
            field="KIS_DATA_DIR",
        )
    async with database.writing() as session:
        await (await session.connection()).run_sync(_upgrade)


def _version_of(connection: Connection) -> str | None:
    """What a database has for a version; None where it is new."""
    tables = inspect(connection).get_table_names()
    if not tables:
        return None
    if SCHEMA_VERSIONS.name not in tables:
        return "no version"
    version = connection.scalars(select(SCHEMA_VERSION)).one_or_none()
    return version if version in VERSIONS else f"version {version}"


def _upgrade(connection: Connection) -> None:
    """Bring a journal to the latest version, within the connection's transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", _FOLDER.as_posix().replace("%", "%%"))
    command.upgrade(config, "head")
