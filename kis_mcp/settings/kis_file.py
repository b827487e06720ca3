"""KIS' own configuration file, which users of KIS' tools already have."""

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from kis_mcp.errors import SettingsError
from kis_mcp.settings.variables import CONFIG_FILE, trim_setting, variable_of

KIS_FILE = Path("~/KIS/config/kis_devlp.yaml")
KIS_FILE_KEYS = {
    "my_app": "app_key",
    "my_sec": "app_secret",
    "paper_app": "paper_app_key",
    "paper_sec": "paper_app_secret",
    "my_htsid": "hts_id",
    "my_acct_stock": "acct_stock",
    "my_acct_future": "acct_future",
    "my_paper_stock": "paper_stock",
    "my_paper_future": "paper_future",
    "my_prod": "prod_type",
    "my_agent": "user_agent",
    "prod": "url_rest",
    "vps": "url_rest_paper",
    "ops": "url_ws",
    "vops": "url_ws_paper",
}

_PLACEHOLDER = re.compile("[가-힣]")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ENCODINGS = ("utf-8", "cp949")


@dataclass(frozen=True, slots=True)
class KisFile:
    """What the file says.

    Attributes:
        values: Field of the settings → its text. One with the Korean placeholder of KIS' template is unset.
        problem: Why the file could not be read; then there are no values.
    """

    path: Path
    values: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    problem: SettingsError | None = None


def read_kis_file(environ: Mapping[str, str]) -> KisFile:
    """The file that KIS_CONFIG_FILE names, else the one where KIS' tools keep theirs; empty where there is none."""
    path = Path(trim_setting(CONFIG_FILE, environ.get(CONFIG_FILE, "")) or KIS_FILE)
    try:
        path = path.expanduser()
        return KisFile(path, _values(_decoded(path.read_bytes())))
    except (FileNotFoundError, NotADirectoryError):
        return KisFile(path)
    except SettingsError as error:
        return KisFile(path, problem=error)
    except (OSError, ValueError, RuntimeError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        return KisFile(path, problem=_unreadable(path, why or type(error).__name__))


def _decoded(content: bytes) -> str:
    """The text, in whichever encoding an editor on a Korean desktop saved it.

    Raises:
        ValueError: Naming the line that is in none of them.
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _decode(content, encoding)
    if b"\0" in content[:2]:
        return _decode(content, "utf-16-be" if content[0] == 0 else "utf-16-le")
    try:
        return content.decode(_ENCODINGS[0])
    except UnicodeDecodeError:
        return _decode(content, _ENCODINGS[1])


def _decode(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ValueError(f"line {line} is neither UTF-8 nor another encoding that is known; save it as UTF-8") from None


def _values(text: str) -> dict[str, str]:
    """Field → text.

    Raises:
        ValueError: Naming the line that cannot be read, never what it says: it may be a secret.
        SettingsError: The quotes of a value are odd.
    """
    import yaml

    try:
        root = cast("yaml.Node | None", yaml.compose(text, Loader=yaml.BaseLoader))  # pyright: ignore[reportUnknownMemberType]
    except yaml.MarkedYAMLError as error:
        raise ValueError(_place(text, error.problem_mark)) from None
    except (yaml.YAMLError, RecursionError):
        raise ValueError("it holds characters that YAML does not have; save it as UTF-8") from None
    if root is None:
        return {}
    if not isinstance(root, yaml.MappingNode):
        raise ValueError("it is no list of lines such as `paper_app: …`")
    values: dict[str, str] = {}
    for key, value in root.value:
        name = KIS_FILE_KEYS.get(key.value) if isinstance(key, yaml.ScalarNode) else None
        if name is None:
            continue
        line = key.start_mark.line + 1
        if not isinstance(value, yaml.ScalarNode):
            raise ValueError(f"line {line} has no single value")
        said = trim_setting(variable_of(name), value.value)
        if said and not _PLACEHOLDER.search(said) and values.setdefault(name, said) != said:
            raise ValueError(f"line {line} says something else than a line before it with the same name")
    return values


def _place(text: str, mark: object) -> str:
    """Which line broke, and why it commonly does."""
    number: int = getattr(mark, "line", 0)
    lines = text.splitlines()
    line = lines[number] if number < len(lines) else ""
    why = "has a tab where YAML wants spaces" if "\t" in line else "is no YAML"
    return f"line {number + 1} {why}; write `name: value` with a space after the colon, and save it as UTF-8"


def _unreadable(path: Path, why: str) -> SettingsError:
    return SettingsError(
        f"{path.name} could not be read: {why}.",
        remedy="Mend that file, or move it away and set the KIS_… environment variables; KIS_ENV=sim needs no file.",
        field=CONFIG_FILE,
    )
