"""The keys of one data folder. A file in it says where they are kept: without that file nothing is looked for."""

import json
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import cast

from kis_mcp.errors import SettingsError, unusable_disk
from kis_mcp.keystore.passphrase import PASSPHRASE, PASSPHRASE_FILE, read_passphrase
from kis_mcp.keystore.place import has_keys, keys_file
from kis_mcp.storage import replace_private_file

_IN_KEYCHAIN, _SEALED = "keychain", "passphrase"


def wants_passphrase(folder: Path) -> bool:
    """Whether the keys of the folder are sealed with a passphrase.

    Raises:
        SettingsError: The file cannot be read.
    """
    return has_keys(folder) and _read(folder).get("kept_in") == _SEALED


def read_keys(folder: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Field of the settings → its text; empty where nothing was set up.

    Args:
        folder: The data folder.
        environ: Where the passphrase is told, for sealed keys.

    Raises:
        SettingsError: The passphrase is missing or wrong, the keychain cannot be used, or the file is damaged.
    """
    if not has_keys(folder):
        return {}
    content = _read(folder)
    match content.get("kept_in"):
        case "keychain":
            text = _from_keychain(folder, content)
        case "passphrase":
            text = _unsealed(folder, content, environ)
        case _:
            raise _damaged(folder)
    return _values(folder, text)


def keep_in_keychain(folder: Path, values: Mapping[str, str]) -> None:
    """Keep these keys, and no others, in the keychain.

    The entry stands before the file names it, so that the file never names one that is missing.

    Raises:
        SettingsError, StorageError: The keychain or the folder cannot be used; then the earlier keys stand.
    """
    from kis_mcp.keystore.keychain import delete_entry, write_entry

    earlier = _entry(folder)
    name = earlier or secrets.token_hex(8)
    write_entry(name, json.dumps(dict(values)))
    try:
        _write(folder, {"kept_in": _IN_KEYCHAIN, "entry": name})
    except BaseException:
        if not earlier:
            with suppress(SettingsError):
                delete_entry(name)
        raise


def keep_sealed(folder: Path, values: Mapping[str, str], passphrase: str) -> None:
    """Keep these keys, and no others, in the data folder, sealed.

    An entry of the keychain that held earlier ones is removed, unless the keychain cannot be used any more.

    Raises:
        StorageError: The folder cannot be used; then the earlier keys stand.
    """
    from kis_mcp.keystore.keychain import delete_entry
    from kis_mcp.keystore.sealed import seal

    earlier = _entry(folder)
    _write(folder, {"kept_in": _SEALED, **seal(json.dumps(dict(values)), passphrase)})
    if earlier:
        with suppress(SettingsError):
            delete_entry(earlier)


def forget_keys(folder: Path) -> bool:
    """Remove the keys; whether there were any. What is damaged goes too.

    Raises:
        SettingsError: The file is gone, and the keychain, which cannot be used now, has its entry still.
        StorageError: The file cannot be removed.
    """
    from kis_mcp.keystore.keychain import SERVICE, delete_entry

    if not has_keys(folder):
        return False
    entry = _entry(folder)
    try:
        keys_file(folder).unlink()
    except OSError as error:
        raise unusable_disk(f"{keys_file(folder)} could not be removed: {error.strerror}.") from None
    try:
        if entry:
            delete_entry(entry)
    except SettingsError as error:
        raise SettingsError(
            f"{keys_file(folder)} is removed, and the keychain has the keys still: {error.what}",
            remedy=f"Delete the entry {entry} of {SERVICE} in your keychain yourself.",
            field="keychain",
        ) from None
    return True


def _entry(folder: Path) -> str:
    """The keychain's entry that holds the keys; "" where none does."""
    if not has_keys(folder):
        return ""
    try:
        content = _read(folder)
    except SettingsError:
        return ""
    return str(content.get("entry", "")) if content.get("kept_in") == _IN_KEYCHAIN else ""


def _from_keychain(folder: Path, content: Mapping[str, object]) -> str:
    from kis_mcp.keystore.keychain import read_entry

    text = read_entry(str(content.get("entry", "")))
    if text is None:
        raise SettingsError(
            f"The keychain no longer has the keys that {keys_file(folder)} names.",
            remedy="Enter them again: `kis-mcp setup --forget`, then `kis-mcp setup`.",
            field="keychain",
        )
    return text


def _unsealed(folder: Path, content: Mapping[str, object], environ: Mapping[str, str]) -> str:
    from kis_mcp.keystore.sealed import WrongPassphrase, unseal

    passphrase = read_passphrase(environ)
    if passphrase is None:
        raise SettingsError(
            f"KIS' keys are sealed in {keys_file(folder)}, and no passphrase is given.",
            remedy=f"Set {PASSPHRASE_FILE} to a file that only you can read and that holds it, or set {PASSPHRASE};"
            " KIS_ENV=sim needs no keys.",
            field=PASSPHRASE_FILE,
        )
    try:
        return unseal(content, passphrase)
    except WrongPassphrase:
        raise SettingsError(
            f"The passphrase does not open {keys_file(folder)}.",
            remedy=f"Correct {PASSPHRASE} or {PASSPHRASE_FILE}; if it is lost, `kis-mcp setup --forget` and set the"
            " keys up again.",
            field=PASSPHRASE,
        ) from None
    except ValueError:
        raise _damaged(folder) from None


def _values(folder: Path, text: str) -> dict[str, str]:
    try:
        values: object = json.loads(text)
    except ValueError:
        values = None
    if not isinstance(values, dict):
        raise _damaged(folder)
    return {name: str(value) for name, value in cast("dict[str, object]", values).items()}


def _read(folder: Path) -> Mapping[str, object]:
    try:
        content: object = json.loads(keys_file(folder).read_bytes())
    except OSError as error:
        raise SettingsError(
            f"{keys_file(folder)} could not be read: {error.strerror}.",
            remedy="Run as the user who set the keys up, or set them up again with `kis-mcp setup`.",
            field="KIS_DATA_DIR",
        ) from None
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise _damaged(folder)
    return cast("dict[str, object]", content)


def _write(folder: Path, content: Mapping[str, object]) -> None:
    replace_private_file(keys_file(folder), json.dumps(content, indent=1).encode() + b"\n")


def _damaged(folder: Path) -> SettingsError:
    return SettingsError(
        f"{keys_file(folder)} is damaged.",
        remedy="Run `kis-mcp setup --forget`, then set the keys up again with `kis-mcp setup`.",
        field="KIS_DATA_DIR",
    )
