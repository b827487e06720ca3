"""The keychain of the operating system: macOS Keychain, Windows Credential Locker, Secret Service, KWallet.

Only these count. Other backends of `keyring` keep their secrets in plain files, or nowhere.
"""

from collections.abc import Callable
from typing import Protocol, TypeVar, cast

from kis_mcp.errors import SettingsError

SERVICE = "kis-mcp"
LARGEST = 1280
"""Characters that Windows takes for one entry: 2,560 bytes of UTF-16 (CRED_MAX_CREDENTIAL_BLOB_SIZE)."""

_KEYCHAINS = (
    "keyring.backends.macOS",
    "keyring.backends.Windows",
    "keyring.backends.SecretService",
    "keyring.backends.libsecret",
    "keyring.backends.kwallet",
)


T = TypeVar("T")


class Keychain(Protocol):
    """What is used of a backend of `keyring`."""

    def get_password(self, service: str, username: str) -> str | None: ...
    def set_password(self, service: str, username: str, password: str) -> None: ...
    def delete_password(self, service: str, username: str) -> None: ...


def has_keychain() -> bool:
    """Whether this session has a keychain that can be used. Slow: it looks for each kind."""
    return system_keychain() is not None


def read_entry(name: str) -> str | None:
    """What an entry holds; None where it is gone.

    Raises:
        SettingsError: There is no keychain, or it stays locked.
    """
    return _try("read", lambda keychain: keychain.get_password(SERVICE, name))


def write_entry(name: str, text: str) -> None:
    """Make or replace an entry.

    Raises:
        SettingsError: There is no keychain, it stays locked, or the text is too long for one of Windows.
    """
    if len(text) > LARGEST:
        raise SettingsError(
            f"The keys are too long for a keychain: {len(text)} characters, and {LARGEST} fit.",
            remedy="Seal them instead: `kis-mcp setup --store passphrase`.",
            field="keys",
        )
    _try("written to", lambda keychain: keychain.set_password(SERVICE, name, text))


def delete_entry(name: str) -> None:
    """Remove an entry, if it is there.

    Raises:
        SettingsError: There is no keychain, or it stays locked.
    """
    if read_entry(name) is not None:
        _try("written to", lambda keychain: keychain.delete_password(SERVICE, name))


def system_keychain() -> Keychain | None:
    import keyring

    found = keyring.get_keyring()
    each = [found, *getattr(found, "backends", ())]  # a chain of several, the best first
    return next((cast("Keychain", backend) for backend in each if type(backend).__module__ in _KEYCHAINS), None)


def _try(what: str, work: Callable[[Keychain], T]) -> T:
    from keyring.errors import KeyringError

    keychain = system_keychain()
    if keychain is None:
        raise _unusable("there is none in this session")
    try:
        return work(keychain)
    except KeyringError as error:
        raise _unusable(f"it could not be {what} ({type(error).__name__})") from None


def _unusable(why: str) -> SettingsError:
    return SettingsError(
        f"The keychain that holds KIS' keys cannot be used: {why}.",
        remedy="Unlock it and try again; where a server has no desktop, seal the keys with a passphrase instead:"
        " `kis-mcp setup --forget`, then `kis-mcp setup --store passphrase`.",
        field="keychain",
    )
