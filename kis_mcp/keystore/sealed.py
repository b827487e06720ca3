"""Sealed with a passphrase: scrypt makes the key, AES-256-GCM encrypts and proves that nothing was changed."""

import hashlib
import json
import secrets
import unicodedata
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import cast

COST = {"n": 1 << 16, "r": 8, "p": 2}
"""OWASP's advice for scrypt, in its form with 64 MB; a guess takes about 0.4 s."""

_MEMORY = 128 << 20
_MOST_N, _MOST_P = 1 << 16, 4
_SALT_BYTES, _NONCE_BYTES = 16, 12


class WrongPassphrase(Exception):
    """It does not open what is sealed, or that was changed."""


def seal(text: str, passphrase: str) -> dict[str, object]:
    """The text, so that only the passphrase opens it, as plain JSON."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    salt, nonce = secrets.token_bytes(_SALT_BYTES), secrets.token_bytes(_NONCE_BYTES)
    head: dict[str, object] = {"scrypt": COST, "salt": _text(salt), "nonce": _text(nonce)}
    sealed = AESGCM(_key(passphrase, salt, COST)).encrypt(nonce, text.encode(), _bound(head))
    return {**head, "sealed": _text(sealed)}


def unseal(content: Mapping[str, object], passphrase: str) -> str:
    """What `seal` was given.

    Raises:
        WrongPassphrase: Another passphrase, or changed content.
        ValueError: It is not what `seal` makes.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        head = {name: content[name] for name in ("scrypt", "salt", "nonce")}
        said = cast("Mapping[str, int]", head["scrypt"])
        cost = {name: int(said[name]) for name in COST}
        salt, nonce, sealed = (b64decode(str(content[name]), validate=True) for name in ("salt", "nonce", "sealed"))
    except (KeyError, TypeError) as error:
        raise ValueError(f"{error} is missing") from None
    if not (1 < cost["n"] <= _MOST_N and cost["r"] == COST["r"] and 0 < cost["p"] <= _MOST_P):
        raise ValueError("its scrypt cost is none that is used here")
    try:
        return AESGCM(_key(passphrase, salt, cost)).decrypt(nonce, sealed, _bound(head)).decode()
    except InvalidTag:
        raise WrongPassphrase from None


def _key(passphrase: str, salt: bytes, cost: Mapping[str, int]) -> bytes:
    normal = unicodedata.normalize("NFC", passphrase)  # macOS types Hangul in pieces
    return hashlib.scrypt(normal.encode(), salt=salt, maxmem=_MEMORY, dklen=32, **cost)


def _bound(head: Mapping[str, object]) -> bytes:
    return json.dumps({"kis-mcp keys": 1, **head}, sort_keys=True).encode()


def _text(content: bytes) -> str:
    return b64encode(content).decode()
