"""Where the keys of a data folder are. Every start of the server asks this, and most have none: it imports nothing."""

from pathlib import Path

FILE = "keys.json"


def keys_file(folder: Path) -> Path:
    """The file of a data folder that holds the sealed keys, or names the keychain's entry."""
    return folder / FILE


def has_keys(folder: Path) -> bool:
    """Whether keys were set up for a data folder."""
    return keys_file(folder).exists()
