"""Whom connections to KIS trust."""

import os
import ssl
from functools import cache

import httpx


def trusted_certificates(*, trust_env: bool) -> ssl.SSLContext:
    """One context for all connections of this process: to read the certificates takes 30 ms.

    Args:
        trust_env: Whether SSL_CERT_FILE and SSL_CERT_DIR count.

    Raises:
        OSError: What SSL_CERT_FILE names is no file of certificates.
    """
    named = (os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")) if trust_env else (None, None)
    return _read_certificates(*named)


@cache
def _read_certificates(file: str | None, folder: str | None) -> ssl.SSLContext:
    """What httpx reads; the arguments are what it depends on."""
    return httpx.create_ssl_context(trust_env=bool(file or folder))
