"""What the operator configured: environment variables, then KIS' own configuration file, then defaults.

The variable names are those that KIS' public tools read (``KIS_APP_KEY`` …), and ``~/KIS/config/kis_devlp.yaml`` is
read as those tools write it, so a user who runs them already needs no new set-up.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

import platformdirs
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from kis_mcp.environment import Environment
from kis_mcp.errors import SettingsError
from kis_mcp.settings.kis_file import KIS_FILE, KisFile
from kis_mcp.settings.profile import LOOPBACK_HOSTS, Access


class Settings(Access):
    """Every setting, named ``KIS_<FIELD>`` as an environment variable.

    Raises:
        SettingsError: From `load`, naming the variable and the remedy.
    """

    model_config = SettingsConfigDict(env_prefix="KIS_", env_ignore_empty=True, extra="ignore", frozen=True)

    env: Environment | None = None
    switchable_envs: Annotated[frozenset[Environment], NoDecode] = frozenset()

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

    quote_cache_seconds: float = Field(5, ge=0, le=60)
    account_cache_seconds: float = Field(30, ge=0, le=300)

    http_token: SecretStr | None = Field(None, min_length=16)
    http_origins: Annotated[frozenset[str], NoDecode] = frozenset()
    data_dir: Path = Field(default_factory=lambda: platformdirs.user_data_path("kis-mcp"))

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
            raise wrong_setting(name, first["msg"].removeprefix("Value error, ")) from None

    @field_validator("switchable_envs", "allowed_symbols", "denied_symbols", "http_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

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

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        offered = {self.environment} | self.switchable_envs
        for environment in offered:
            self.require_keys(environment)
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


def wrong_setting(name: str, why: str) -> SettingsError:
    """The error for a variable whose value cannot be meant; ``why`` does not repeat the value of a secret."""
    return SettingsError(
        f"{name} cannot be used: {why}.",
        remedy=f"Correct {name} in the environment or in {KIS_FILE}, or remove it.",
        field=name,
    )
