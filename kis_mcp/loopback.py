"""Which hosts are this machine."""

from urllib.parse import urlsplit

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "::1")


def is_loopback(url: str) -> bool:
    """Whether an address is on this machine: no proxy leads there."""
    return urlsplit(url).hostname in LOOPBACK_NAMES
