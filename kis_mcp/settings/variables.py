"""The ``KIS_…`` variables of the environment."""

from collections.abc import Collection, Mapping

from kis_mcp.errors import SettingsError
from kis_mcp.keystore import PASSPHRASE, PASSPHRASE_FILE
from kis_mcp.settings.texts import trimmed

PREFIX = "KIS_"
CONFIG_FILE = "KIS_CONFIG_FILE"
"""Where KIS' own file lies; read before all else, so it is no field of the settings."""


def read_variables(environ: Mapping[str, str], fields: Collection[str]) -> dict[str, str]:
    """Field → the text of its variable, the empty ones included.

    Raises:
        SettingsError: A variable's name is not in capitals, so that it would count for nothing; or its quotes are odd.
    """
    known = _known(fields)
    for name in environ:
        if name not in known and name.upper() in known:
            raise SettingsError(
                f"The variable {name} would count for nothing: it is not written as {name.upper()}.",
                remedy=f"Set {name.upper()} and remove {name}.",
                field=name.upper(),
            )
    return {
        field: trim_setting(variable, environ[variable])
        for variable, field in ((variable_of(field), field) for field in fields)
        if variable in environ
    }


def unknown_variables(environ: Mapping[str, str], fields: Collection[str]) -> list[str]:
    """A sentence for each ``KIS_…`` variable that is no setting, with the nearest that is one."""
    from difflib import get_close_matches

    known = {name.removeprefix(PREFIX): name for name in sorted(_known(fields))}
    sentences: list[str] = []
    for name in sorted(environ):
        if name.upper().startswith(PREFIX) and name not in known.values():
            nearest = get_close_matches(name.upper().removeprefix(PREFIX), known, n=1)
            hint = f" Did you mean {known[nearest[0]]}?" if nearest else ""
            sentences.append(f"The variable {ascii(name)[1:-1]} is no setting and counts for nothing.{hint}")
    return sentences


def variable_of(field: str) -> str:
    """The variable's name of a field of the settings."""
    return f"{PREFIX}{field.upper()}"


def trim_setting(variable: str, text: str) -> str:
    """The text without blanks and one pair of quotes around it.

    Raises:
        SettingsError: Its quotes are odd.
    """
    try:
        return trimmed(text)
    except ValueError as error:
        raise wrong_setting(variable, str(error)) from None


def wrong_setting(name: str, why: str) -> SettingsError:
    """The error for a variable whose value cannot be meant; ``why`` does not repeat the value of a secret."""
    return SettingsError(
        f"{name} cannot be used: {why}.",
        remedy=f"Correct {name} in the environment, in KIS' file kis_devlp.yaml or by `kis-mcp setup`, or remove it.",
        field=name,
    )


def _known(fields: Collection[str]) -> set[str]:
    return {CONFIG_FILE, PASSPHRASE, PASSPHRASE_FILE, *map(variable_of, fields)}
