"""What one environment is reached with."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from pydantic import SecretStr

from kis_mcp.account import Account
from kis_mcp.catalog.model import AccountKind
from kis_mcp.environment import Environment

REAL_REST = "https://openapi.koreainvestment.com:9443"
DEMO_REST = "https://openapivts.koreainvestment.com:29443"
REAL_WS = "ws://ops.koreainvestment.com:21000"
DEMO_WS = "ws://ops.koreainvestment.com:31000"

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Profile:
    """What one environment is reached with.

    ``requests_per_second`` 0 means unlimited, which is only accepted for addresses on loopback. An empty ``rest_url``
    stands for the simulator inside this process, and one on this machine for a simulator of its own.
    """

    environment: Environment
    rest_url: str
    ws_url: str
    app_key: str = field(repr=False)
    app_secret: SecretStr = field(repr=False)
    hts_id: str = field(repr=False)
    accounts: dict[AccountKind, Account]
    requests_per_second: int

    @property
    def is_simulated(self) -> bool:
        """Whether a simulator answers, whose market never closes."""
        return not self.rest_url or urlsplit(self.rest_url).hostname in LOOPBACK_HOSTS
