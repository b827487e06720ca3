"""Files of keys that people have already: KIS' own kis_devlp.yaml, a .env file, and the JSON of python-kis."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from kis_mcp.environment import Environment
from kis_mcp.errors import SettingsError
from kis_mcp.settings.kis_file import read_kis_file
from kis_mcp.settings.profile import KEY_FIELDS
from kis_mcp.settings.variables import CONFIG_FILE, PREFIX, trim_setting, variable_of

HTS_ID = "hts_id"
_FIELDS = {HTS_ID, *(field for fields in KEY_FIELDS.values() for field in fields)}
_LINE = re.compile(rf"\s*(?:export\s+)?({PREFIX}[A-Z_]+)\s*=(.*)")


def read_key_file(path: Path) -> dict[str, str]:
    """Field of the settings → its text, of keys, accounts and the HTS ID alone; accounts with their product.

    Raises:
        SettingsError: The file cannot be read, or holds no key.
    """
    try:
        content = path.expanduser().read_bytes()
    except (OSError, RuntimeError) as error:
        raise _unreadable(path, getattr(error, "strerror", None) or str(error)) from None
    values = _of_json(path, content) if content.lstrip().startswith(b"{") else _of_lines(content)
    if values is None:
        values = _of_kis(path)
    found = {field: text for field, text in values.items() if field in _FIELDS and text}
    if not any(fields[0] in found for fields in KEY_FIELDS.values()):
        raise _unreadable(path, "it holds no app key under a name that KIS' tools use")
    return found


def _of_kis(path: Path) -> dict[str, str]:
    file = read_kis_file({CONFIG_FILE: str(path)})
    if file.problem is not None:
        raise file.problem
    values = dict(file.values)
    if product := values.get("prod_type"):
        for _, _, stock, _ in KEY_FIELDS.values():
            if re.fullmatch(r"\d{8}", values.get(stock, "")):
                values[stock] += f"-{product}"
    return values


def _of_lines(content: bytes) -> dict[str, str] | None:
    """What the lines ``KIS_APP_KEY=…`` of a .env file say; None where it is none."""
    lines = [found for line in content.decode(errors="replace").splitlines() if (found := _LINE.fullmatch(line))]
    fields = {variable_of(field): field for field in _FIELDS}
    return {
        fields[name]: trim_setting(name, text) for name, text in (line.groups() for line in lines) if name in fields
    } or None


def _of_json(path: Path, content: bytes) -> dict[str, str] | None:
    """What python-kis saved: one account with its keys. None where it is another JSON object."""
    try:
        said: object = json.loads(content)
    except ValueError:
        raise _unreadable(path, "it is no JSON") from None
    values = cast("Mapping[str, object]", said)
    if not {"appkey", "secretkey"} <= set(values):
        return None
    environment = Environment.DEMO if values.get("virtual") is True else Environment.REAL
    key, secret, stock, future = KEY_FIELDS[environment]
    account = str(values.get("account") or "")
    holder = future if account.endswith(("03", "08")) and len(account) > 8 else stock
    told = {key: values["appkey"], secret: values["secretkey"], holder: account, HTS_ID: values.get("id") or ""}
    return {field: str(text) for field, text in told.items()}


def _unreadable(path: Path, why: str) -> SettingsError:
    return SettingsError(
        f"No keys could be taken from {path}: {why}.",
        remedy="Name KIS' kis_devlp.yaml, a .env file with KIS_APP_KEY=… or the JSON of python-kis, or type the keys:"
        " `kis-mcp setup` in a terminal.",
        field="--import",
    )
