"""A keychain for tests: no test touches the developer's own."""

from dataclasses import dataclass, field

import pytest
from keyring.errors import KeyringLocked

from kis_mcp.keystore import keychain, sealed


@dataclass
class FakeKeychain:
    entries: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    is_locked: bool = False

    def get_password(self, service: str, username: str) -> str | None:
        self._require_open()
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._require_open()
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._require_open()
        del self.entries[service, username]

    def _require_open(self) -> None:
        if self.is_locked:
            raise KeyringLocked("locked")


def use_keychain(monkeypatch: pytest.MonkeyPatch, present: FakeKeychain | None) -> None:
    monkeypatch.setattr(keychain, "system_keychain", lambda: present)


def seal_cheaply(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a cost that a test can afford."""
    monkeypatch.setattr(sealed, "COST", {"n": 16, "r": 8, "p": 1})
