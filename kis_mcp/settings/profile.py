"""What one environment is reached with."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

from kis_mcp.account import Account
from kis_mcp.catalog.model import AccountKind
from kis_mcp.environment import Environment
from kis_mcp.errors import SettingsError
from kis_mcp.settings.kis_file import KIS_FILE

REAL_REST = "https://openapi.koreainvestment.com:9443"
DEMO_REST = "https://openapivts.koreainvestment.com:29443"
REAL_WS = "ws://ops.koreainvestment.com:21000"
DEMO_WS = "ws://ops.koreainvestment.com:31000"

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
_OWN_HOSTS = frozenset(urlsplit(url).hostname for url in (REAL_REST, DEMO_REST, REAL_WS))

_ACCOUNTS: dict[AccountKind, tuple[str, str]] = {
    "stock": ("stock", ""),
    "pension": ("stock", "29"),
    "futures": ("future", "03"),
    "overseas_futures": ("future", "08"),
}
"""Kind of account → whose number it has, and its product code; an empty one is KIS_PROD_TYPE."""


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


class Access(BaseSettings):
    """The settings of keys, accounts, addresses and rate limits, and the profile that they make of each environment."""

    app_key: SecretStr | None = None
    app_secret: SecretStr | None = None
    paper_app_key: SecretStr | None = None
    paper_app_secret: SecretStr | None = None
    hts_id: str = Field("", repr=False)
    acct_stock: str = Field("", repr=False)
    acct_future: str = Field("", repr=False)
    paper_stock: str = Field("", repr=False)
    paper_future: str = Field("", repr=False)
    prod_type: str = Field("01", pattern=r"\d{2}")
    user_agent: str = "kis-mcp"

    url_rest: str = ""
    url_rest_paper: str = ""
    url_ws: str = ""
    url_ws_paper: str = ""

    rate_limit: int = Field(18, ge=0, le=20)
    rate_limit_paper: int = Field(1, ge=0, le=5)
    rate_limit_sim: int = Field(18, ge=0)

    @field_validator("acct_stock", "acct_future", "paper_stock", "paper_future")
    @classmethod
    def _eight_digits(cls, value: str) -> str:
        if value and not re.fullmatch(r"\d{8}", value):
            raise ValueError("an account is the 8 digits before the dash of the account number")
        return value

    @field_validator("url_rest", "url_rest_paper", "url_ws", "url_ws_paper")
    @classmethod
    def _trusted_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if not value or parts.hostname in LOOPBACK_HOSTS:
            return value.rstrip("/")
        if parts.hostname not in _OWN_HOSTS or parts.scheme not in ("https", "ws", "wss") or parts.username:
            raise ValueError("it would send your keys to a host that is neither KIS' own nor this machine")
        return value.rstrip("/")

    def profile(self, environment: Environment) -> Profile:
        """How to reach one environment.

        Raises:
            SettingsError: Its keys are missing.
        """
        self.require_keys(environment)
        if environment is Environment.SIM:
            local = urlsplit(self.url_rest).hostname in LOOPBACK_HOSTS
            return Profile(
                environment,
                rest_url=self.url_rest if local else "",
                ws_url=self.url_ws if local and urlsplit(self.url_ws).hostname in LOOPBACK_HOSTS else "",
                app_key="simulator-app-key",
                app_secret=SecretStr("simulator-app-secret"),
                hts_id="simulator",
                accounts={kind: Account("50000000", product or "01") for kind, (_, product) in _ACCOUNTS.items()},
                requests_per_second=self.rate_limit_sim,
            )
        demo = environment is Environment.DEMO
        key, secret = (self.paper_app_key, self.paper_app_secret) if demo else (self.app_key, self.app_secret)
        assert key is not None
        assert secret is not None
        return Profile(
            environment,
            rest_url=(self.url_rest_paper or DEMO_REST) if demo else (self.url_rest or REAL_REST),
            ws_url=(self.url_ws_paper or DEMO_WS) if demo else (self.url_ws or REAL_WS),
            app_key=key.get_secret_value(),
            app_secret=secret,
            hts_id=self.hts_id,
            accounts=self._accounts(demo=demo),
            requests_per_second=self.rate_limit_paper if demo else self.rate_limit,
        )

    def require_keys(self, environment: Environment) -> None:
        """Refuse an environment whose app key or secret is not set.

        Raises:
            SettingsError: Naming the first that is missing.
        """
        if environment is Environment.SIM:
            return
        prefix = "KIS_PAPER_" if environment is Environment.DEMO else "KIS_"
        keys = (
            (self.paper_app_key, self.paper_app_secret)
            if environment is Environment.DEMO
            else (self.app_key, self.app_secret)
        )
        for name, key in zip((f"{prefix}APP_KEY", f"{prefix}APP_SECRET"), keys, strict=True):
            if key is None:
                raise SettingsError(
                    f"{name} is missing, and the {environment} environment needs it.",
                    remedy=f"Set {name}, or fill it in {KIS_FILE}, or use KIS_ENV=sim, which needs no keys.",
                    field=name,
                )

    def _accounts(self, *, demo: bool) -> dict[AccountKind, Account]:
        numbers = {
            "stock": self.paper_stock if demo else self.acct_stock,
            "future": self.paper_future if demo else self.acct_future,
        }
        return {
            kind: Account(numbers[holder], product or self.prod_type)
            for kind, (holder, product) in _ACCOUNTS.items()
            if numbers[holder]
        }
