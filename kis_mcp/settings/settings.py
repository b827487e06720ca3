"""What the operator configured: environment variables, then KIS' own configuration file, then defaults.

The variable names are those that KIS' public tools read (``KIS_APP_KEY`` …), and ``~/KIS/config/kis_devlp.yaml`` is
read as those tools write it, so a user who runs them already needs no new set-up.
"""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self
from urllib.parse import urlsplit

import platformdirs
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from kis_mcp.account import Account
from kis_mcp.catalog.model import AccountKind
from kis_mcp.environment import Environment
from kis_mcp.errors import SettingsError
from kis_mcp.settings.kis_file import KIS_FILE, KisFile
from kis_mcp.settings.profile import DEMO_REST, DEMO_WS, LOOPBACK_HOSTS, REAL_REST, REAL_WS, Profile

_OWN_HOSTS = frozenset(urlsplit(url).hostname for url in (REAL_REST, DEMO_REST, REAL_WS))


class Settings(BaseSettings):
    """Every setting, named ``KIS_<FIELD>`` as an environment variable.

    Raises:
        SettingsError: From `load`, naming the variable and the remedy.
    """

    model_config = SettingsConfigDict(env_prefix="KIS_", env_ignore_empty=True, extra="ignore", frozen=True)

    env: Environment | None = None
    switchable_envs: Annotated[frozenset[Environment], NoDecode] = frozenset()

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

    allow_real_orders: bool = False
    confirm: Literal["ask", "never"] = "ask"
    approval_seconds: int = Field(120, ge=1, le=600)
    demo_quotes: Literal["demo", "real"] = "demo"
    max_order_notional: Decimal | None = Field(None, gt=0)
    max_order_quantity: int | None = Field(None, gt=0)
    max_orders_per_day: int | None = Field(None, gt=0)
    max_open_positions: int | None = Field(None, gt=0)
    max_daily_loss: Decimal | None = Field(None, gt=0)
    price_collar_percent: Decimal = Field(Decimal(10), ge=0, le=100)
    allowed_symbols: Annotated[frozenset[str], NoDecode] = frozenset()
    denied_symbols: Annotated[frozenset[str], NoDecode] = frozenset()
    session_check: Literal["auto", "on", "off"] = "auto"
    commission: str = ""

    rate_limit: int = Field(18, ge=0, le=20)
    rate_limit_paper: int = Field(1, ge=0, le=5)
    rate_limit_sim: int = Field(18, ge=0)
    quote_cache_seconds: float = Field(5, ge=0, le=60)
    account_cache_seconds: float = Field(30, ge=0, le=300)

    http_token: SecretStr | None = Field(None, min_length=16)
    http_origins: Annotated[frozenset[str], NoDecode] = frozenset()
    data_dir: Path = Field(default_factory=lambda: platformdirs.user_data_path("kis-mcp"))

    accounts_of: ClassVar[dict[AccountKind, tuple[str, str]]] = {
        "stock": ("stock", ""),
        "pension": ("stock", "29"),
        "futures": ("future", "03"),
        "overseas_futures": ("future", "08"),
    }

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, KisFile(settings_cls)

    @classmethod
    def load(cls, **overrides: Any) -> Self:
        """Read the configuration; ``overrides`` win over every source.

        Raises:
            SettingsError: Naming the first variable at fault, never its value.
        """
        try:
            return cls(**overrides)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            name = f"KIS_{str(first['loc'][0]).upper()}" if first["loc"] else "KIS_ENV"
            cause = first.get("ctx", {}).get("error")
            if isinstance(cause, SettingsError):
                raise cause from None
            raise SettingsError(
                f"{name} cannot be used: {first['msg'].removeprefix('Value error, ')}.",
                remedy=f"Correct {name} in the environment or in {KIS_FILE}, or remove it.",
                field=name,
            ) from None

    @field_validator("switchable_envs", "allowed_symbols", "denied_symbols", "http_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("commission")
    @classmethod
    def _readable_rates(cls, value: str) -> str:
        if value:
            from kis_mcp.trading.guard.fees import commissions

            commissions(value)
        return value

    @field_validator("allowed_symbols", "denied_symbols")
    @classmethod
    def _capitals(cls, value: frozenset[str]) -> frozenset[str]:
        return frozenset(symbol.upper() for symbol in value)

    @field_validator("http_origins")
    @classmethod
    def _origins(cls, value: frozenset[str]) -> frozenset[str]:
        for origin in value:
            parts = urlsplit(origin)
            if parts.scheme not in ("http", "https") or origin != f"{parts.scheme}://{parts.netloc}":
                raise ValueError(f"{origin} is no origin such as https://inspector.example:6274")
        return value

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

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

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        offered = {self.environment} | self.switchable_envs
        for environment in offered:
            self._require_keys(environment)
        if self.confirm == "never" and Environment.REAL in offered:
            raise SettingsError(
                "KIS_CONFIRM=never would let real orders out without a person.",
                remedy="Remove KIS_CONFIRM, or use KIS_ENV=sim or KIS_ENV=demo.",
                field="KIS_CONFIRM",
            )
        for name, limit, url in (
            ("KIS_RATE_LIMIT", self.rate_limit, self.url_rest),
            ("KIS_RATE_LIMIT_PAPER", self.rate_limit_paper, self.url_rest_paper),
        ):
            if limit == 0 and urlsplit(url).hostname not in LOOPBACK_HOSTS:
                raise SettingsError(
                    f"{name}=0 would go over KIS' limits.",
                    remedy=f"Set {name} to 1 or more; 0 is for simulators on this machine only.",
                    field=name,
                )
        return self

    @property
    def environment(self) -> Environment:
        """KIS_ENV, else demo where demo keys are present, else the simulator. Never real unasked."""
        if self.env is not None:
            return self.env
        return Environment.DEMO if self.paper_app_key and self.paper_app_secret else Environment.SIM

    @property
    def environments(self) -> frozenset[Environment]:
        """What the server may work in: the one it starts with, and those of KIS_SWITCHABLE_ENVS."""
        return frozenset({self.environment}) | self.switchable_envs

    def profile(self, environment: Environment) -> Profile:
        """How to reach one environment.

        Raises:
            SettingsError: Its keys are missing.
        """
        self._require_keys(environment)
        if environment is Environment.SIM:
            local = urlsplit(self.url_rest).hostname in LOOPBACK_HOSTS
            return Profile(
                environment,
                rest_url=self.url_rest if local else "",
                ws_url=self.url_ws if local and urlsplit(self.url_ws).hostname in LOOPBACK_HOSTS else "",
                app_key="simulator-app-key",
                app_secret=SecretStr("simulator-app-secret"),
                hts_id="simulator",
                accounts={
                    kind: Account("50000000", product or "01") for kind, (_, product) in self.accounts_of.items()
                },
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

    def _accounts(self, *, demo: bool) -> dict[AccountKind, Account]:
        numbers = {
            "stock": self.paper_stock if demo else self.acct_stock,
            "future": self.paper_future if demo else self.acct_future,
        }
        return {
            kind: Account(numbers[holder], product or self.prod_type)
            for kind, (holder, product) in self.accounts_of.items()
            if numbers[holder]
        }

    def _require_keys(self, environment: Environment) -> None:
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
