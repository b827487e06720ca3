"""Decrypting notices of orders: AES-256-CBC with PKCS7 padding, in base64."""

import base64
import binascii

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher as _Aes, algorithms, modes

from kis_mcp.kis.live.messages import Cipher

_BLOCK_BITS = 128


def decrypt(payload: str, cipher: Cipher) -> str:
    """The text of an encrypted payload.

    Raises:
        ValueError: It is not what this key and vector encrypted.
    """
    try:
        sealed = base64.b64decode(payload, validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error
    aes = _Aes(algorithms.AES(cipher.key.encode()), modes.CBC(cipher.iv.encode())).decryptor()
    unpadder = padding.PKCS7(_BLOCK_BITS).unpadder()
    padded = aes.update(sealed) + aes.finalize()
    return (unpadder.update(padded) + unpadder.finalize()).decode()
