"""What the operator configured: environment variables, then the keys that `kis-mcp setup` keeps, then KIS' own
configuration file, then defaults.

The variable names are those that KIS' public tools read (``KIS_APP_KEY`` …), and ``~/KIS/config/kis_devlp.yaml`` is
read as those tools write it, so a user who runs them already needs no new set-up.
"""

import os
import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

import platformdirs
from pydantic import ConfigDict, Field, PrivateAttr, SecretStr, ValidationError, field_validator, model_validator

from kis_mcp.environment import Environment
from kis_mcp.errors import SettingsError
from kis_mcp.keystore import has_keys
from kis_mcp.loopback import is_loopback
from kis_mcp.settings.kis_file import read_kis_file
from kis_mcp.settings.notices import Notices
from kis_mcp.settings.profile import STOCK_ACCOUNTS, Access
from kis_mcp.settings.simulation import Simulation
from kis_mcp.settings.texts import KEY, LOWER_WORDS, NUMBER, PARTS, PLAIN, SWITCH, WORD, WORDS
from kis_mcp.settings.variables import read_variables, trim_setting, unknown_variables, variable_of, wrong_setting

_DATA_DIR = "KIS_DATA_DIR"
_LONE_ACCOUNT = re.compile(r"\d{8}$")

_MAY_NOT_BE_EMPTY = ("allowed_symbols", "denied_symbols")
"""Lists that an empty variable must not switch off: a variable that was left blank by mistake looks the same."""


class Settings(Access, Notices, Simulation):
    """Every setting, named ``KIS_<FIELD>`` as an environment variable. Made by `load` alone."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    env: Annotated[Environment, WORD] | None = None
    switchable_envs: Annotated[frozenset[Environment], LOWER_WORDS] = frozenset()

    lang: Annotated[Literal["ko", "en"], WORD] = "en"
    allow_real_orders: Annotated[bool, SWITCH] = False
    allow_real_strategies: Annotated[bool, SWITCH] = False
    confirm: Annotated[Literal["ask", "never"], WORD] = "ask"
    approval_seconds: Annotated[int, NUMBER] = Field(120, ge=1, le=600)
    demo_quotes: Annotated[Literal["demo", "real"], WORD] = "demo"
    max_order_notional: Annotated[Decimal, NUMBER] | None = Field(None, gt=0)
    max_order_quantity: Annotated[int, NUMBER] | None = Field(None, gt=0)
    max_orders_per_day: Annotated[int, NUMBER] | None = Field(None, gt=0)
    max_open_positions: Annotated[int, NUMBER] | None = Field(None, gt=0)
    max_daily_loss: Annotated[Decimal, NUMBER] | None = Field(None, gt=0)
    max_strategies: Annotated[int, NUMBER] = Field(10, ge=1, le=40)
    price_collar_percent: Annotated[Decimal, NUMBER] = Field(Decimal(10), ge=0, le=100)
    allowed_symbols: Annotated[tuple[str, ...], PARTS] = ()
    denied_symbols: Annotated[tuple[str, ...], PARTS] = ()
    session_check: Annotated[Literal["auto", "on", "off"], WORD] = "auto"
    commission: Annotated[str, PLAIN] = ""

    quote_cache_seconds: Annotated[float, NUMBER] = Field(5, ge=0, le=60)
    account_cache_seconds: Annotated[float, NUMBER] = Field(30, ge=0, le=300)

    colors: Annotated[Literal["korea", "west"], WORD] = "korea"
    result_shape: Annotated[Literal["rows", "columns"], WORD] = "columns"

    http_token: Annotated[SecretStr, KEY] | None = Field(None, min_length=16)
    http_origins: Annotated[frozenset[str], WORDS] = frozenset()
    data_dir: Path = Field(default_factory=lambda: data_folder())

    _warnings: tuple[str, ...] = PrivateAttr(())

    @classmethod
    def load(cls, **overrides: Any) -> Self:
        """Read the configuration; ``overrides`` win over every source.

        KIS' file stops nothing that works in the simulator alone: what is wrong with it is then one of the `warnings`,
        and the keys that were set up are not even opened.

        Raises:
            SettingsError: Naming the first variable at fault, and in `further` the others whose values are wrong; never
                the value of a secret.
        """
        said = {**_variables(cls), **overrides}
        file = read_kis_file(os.environ)
        warnings = cls.unknown_variables()
        try:
            if file.problem is not None:
                raise file.problem
            settings = cls._of({**_with_kept_keys(file.values, said), **said})
        except SettingsError as problem:
            if not _only_simulates(said):
                raise
            settings = cls._of(said)
            warnings.append(f"{file.path.name} was left aside, for the simulator needs nothing of it: {problem}")
        settings._warnings = tuple(warnings)
        return settings

    @classmethod
    def unknown_variables(cls) -> list[str]:
        """A sentence for each ``KIS_…`` variable that is no setting, also where the settings cannot be read."""
        return unknown_variables(os.environ, cls.model_fields)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was configured and counts for nothing, a sentence each."""
        return self._warnings

    @classmethod
    def _of(cls, values: Mapping[str, Any]) -> Self:
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            first, *further = [
                wrong_setting(variable_of(str(each["loc"][0])), each["msg"].removeprefix("Value error, "))
                for each in error.errors(include_input=False, include_url=False)
            ]
            first.further = tuple({each.field: each for each in further if each.field != first.field}.values())
            raise first from None

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
        return _absolute(value)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        self.require_one_product()
        offered = {self.environment} | self.switchable_envs
        for environment in offered:
            self.require_keys(environment)
        if self.confirm == "never" and Environment.REAL in offered:
            raise SettingsError(
                "KIS_CONFIRM=never would let real orders out without a person.",
                remedy="Remove KIS_CONFIRM, or use KIS_ENV=sim or KIS_ENV=demo.",
                field="KIS_CONFIRM",
            )
        self.require_whole_channels()
        for name, limit, url in (
            ("KIS_RATE_LIMIT", self.rate_limit, self.url_rest),
            ("KIS_RATE_LIMIT_PAPER", self.rate_limit_paper, self.url_rest_paper),
        ):
            if limit == 0 and not is_loopback(url):
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


def language() -> Literal["ko", "en"]:
    """The language of KIS_LANG, whatever else is configured; English where it is wrong, as the error about it is."""
    return "ko" if os.environ.get("KIS_LANG", "").strip("\"' ").lower() == "ko" else "en"


def data_folder() -> Path:
    """Where journal, tokens, caches and the kill file lie, whatever else is configured.

    Raises:
        SettingsError: KIS_DATA_DIR names no folder.
    """
    said = trim_setting(_DATA_DIR, os.environ.get(_DATA_DIR, ""))
    return _absolute(Path(said)) if said else platformdirs.user_data_path("kis-mcp")


def _absolute(path: Path) -> Path:
    try:
        return path.expanduser().absolute()
    except (RuntimeError, OSError) as error:
        raise wrong_setting(_DATA_DIR, str(error).rstrip(".")) from None


def _variables(settings: type[Settings]) -> dict[str, str]:
    """Field → the text of its variable; an empty variable counts as unset, but not where that would lift a limit."""
    said = read_variables(os.environ, settings.model_fields)
    return {field: text for field, text in said.items() if text or field in _MAY_NOT_BE_EMPTY}


def _with_kept_keys(file: Mapping[str, str], said: Mapping[str, Any]) -> Mapping[str, str]:
    """What KIS' file says, and above it the keys that were set up.

    Their accounts have products of their own, so that the one product of the file goes to the accounts of the file.
    """
    folder = Path(said["data_dir"]) if "data_dir" in said else data_folder()
    if _only_simulates(said) or not has_keys(folder):
        return file
    from kis_mcp.keystore import read_keys

    kept = read_keys(folder, os.environ)
    product = file.get("prod_type")
    own = {
        field: f"{file[field]}-{product}"
        for field in STOCK_ACCOUNTS
        if product and _LONE_ACCOUNT.match(file.get(field, ""))
    }
    return {**{field: text for field, text in file.items() if field != "prod_type"}, **own, **kept}


def _only_simulates(said: Mapping[str, object]) -> bool:
    """Whether variables alone keep everything in the simulator. KIS' file cannot: it names no environment."""
    return str(said.get("env", "")).lower() == Environment.SIM and not said.get("switchable_envs")
