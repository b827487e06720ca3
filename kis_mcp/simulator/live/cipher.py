"""How notices of orders are encrypted: AES-256-CBC with the key and the initial vector of their registration."""

import base64
import secrets
from dataclasses import dataclass, field
from string import ascii_lowercase

_BLOCK_BITS = 128


@dataclass(frozen=True, slots=True)
class Cipher:
    """Key and initial vector as they are told: 32 and 16 ASCII characters, whose bytes they are."""

    key: str = field(repr=False)
    iv: str = field(repr=False)

    @classmethod
    def draw(cls) -> "Cipher":
        """One that nobody has had."""
        return cls("".join(secrets.choice(ascii_lowercase) for _ in range(32)), secrets.token_hex(8))

    def encrypt(self, text: str) -> str:
        """A text in base64, padded by PKCS7."""
        from cryptography.hazmat.primitives import padding
        from cryptography.hazmat.primitives.ciphers import Cipher as Aes, algorithms, modes

        padder = padding.PKCS7(_BLOCK_BITS).padder()
        aes = Aes(algorithms.AES(self.key.encode()), modes.CBC(self.iv.encode())).encryptor()
        padded = padder.update(text.encode()) + padder.finalize()
        return base64.b64encode(aes.update(padded) + aes.finalize()).decode()
