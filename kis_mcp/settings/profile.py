"""What one environment is reached with."""

from dataclasses import dataclass, field
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, SecretStr, field_validator

from kis_mcp.account import Account
from kis_mcp.catalog import AccountKind
from kis_mcp.environment import Environment
from kis_mcp.errors import SettingsError
from kis_mcp.loopback import LOOPBACK_NAMES, is_loopback
from kis_mcp.settings.kis_file import KIS_FILE
from kis_mcp.settings.texts import ACCOUNT, KEY, NUMBER, PLAIN
from kis_mcp.settings.variables import variable_of

REAL_REST = "https://openapi.koreainvestment.com:9443"
DEMO_REST = "https://openapivts.koreainvestment.com:29443"
REAL_WS = "ws://ops.koreainvestment.com:21000"
DEMO_WS = "ws://ops.koreainvestment.com:31000"

_OWN_HOSTS = frozenset(urlsplit(url).hostname for url in (REAL_REST, DEMO_REST, REAL_WS))

_ACCOUNTS: dict[AccountKind, tuple[str, str]] = {
    "stock": ("stock", ""),
    "pension": ("stock", "29"),
    "futures": ("future", "03"),
    "overseas_futures": ("future", "08"),
}
"""Kind of account → whose number it has, and its product code; an empty one is the number's, or KIS_PROD_TYPE."""

KEY_FIELDS: dict[Environment, tuple[str, str, str, str]] = {
    Environment.DEMO: ("paper_app_key", "paper_app_secret", "paper_stock", "paper_future"),
    Environment.REAL: ("app_key", "app_secret", "acct_stock", "acct_future"),
}
"""Environment → the fields of its app key, its secret and its accounts of stocks and of futures."""

STOCK_ACCOUNTS = tuple(stock for _, _, stock, _ in KEY_FIELDS.values())

_CONTRACT_PRODUCTS = tuple(product for holder, product in _ACCOUNTS.values() if holder == "future")


@dataclass(frozen=True, slots=True)
class Profile:
    """What one environment is reached with.

    ``requests_per_second`` 0 means unlimited, which is only accepted for addresses on loopback. An empty ``rest_url``
    stands for the simulator inside this process, and one on this machine for a simulator of its own. Without a
    ``ws_url`` there is no live data beside it.
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
        """Whether a simulator answers."""
        return not self.rest_url or is_loopback(self.rest_url)


class Access(BaseModel):
    """The settings of keys, accounts, addresses and rate limits, and the profile that they make of each environment."""

    app_key: Annotated[SecretStr, KEY] | None = None
    app_secret: Annotated[SecretStr, KEY] | None = None
    paper_app_key: Annotated[SecretStr, KEY] | None = None
    paper_app_secret: Annotated[SecretStr, KEY] | None = None
    hts_id: Annotated[str, KEY] = Field("", repr=False)
    acct_stock: Annotated[str, ACCOUNT] = Field("", repr=False)
    acct_future: Annotated[str, ACCOUNT] = Field("", repr=False)
    paper_stock: Annotated[str, ACCOUNT] = Field("", repr=False)
    paper_future: Annotated[str, ACCOUNT] = Field("", repr=False)
    prod_type: Annotated[str, PLAIN] = Field("01", pattern="^[0-9]{2}$")
    user_agent: str = Field("kis-mcp", pattern="^[ -~]+$")

    url_rest: str = ""
    url_rest_paper: str = ""
    url_ws: str = ""
    url_ws_paper: str = ""

    rate_limit: Annotated[int, NUMBER] = Field(18, ge=0, le=20)
    rate_limit_paper: Annotated[int, NUMBER] = Field(1, ge=0, le=5)
    rate_limit_sim: Annotated[int, NUMBER] = Field(18, ge=0)

    @field_validator("acct_future", "paper_future")
    @classmethod
    def _of_contracts(cls, value: str) -> str:
        _, _, product = value.partition("-")
        if product and product not in _CONTRACT_PRODUCTS:
            raise ValueError(f"an account of futures ends in {' or '.join(_CONTRACT_PRODUCTS)}")
        return value

    @field_validator("url_rest", "url_rest_paper", "url_ws", "url_ws_paper")
    @classmethod
    def _trusted_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.port == 0:
            raise ValueError("its port is none")
        if not value or parts.hostname in LOOPBACK_NAMES:
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
            local = is_loopback(self.url_rest)
            return Profile(
                environment,
                rest_url=self.url_rest if local else "",
                ws_url=self.url_ws if local and is_loopback(self.url_ws) else "",
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
        rest_url = (self.url_rest_paper or DEMO_REST) if demo else (self.url_rest or REAL_REST)
        ws_url = (self.url_ws_paper or DEMO_WS) if demo else (self.url_ws or REAL_WS)
        if is_loopback(rest_url) and not is_loopback(ws_url):
            ws_url = ""  # KIS must not be told a simulator's keys
        return Profile(
            environment,
            rest_url=rest_url,
            ws_url=ws_url,
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
                    remedy=f"Run `kis-mcp setup` or set {name}, or fill it in {KIS_FILE}; KIS_ENV=sim needs no keys.",
                    field=name,
                )

    def require_one_product(self) -> None:
        """Refuse a product code that the number of an account contradicts.

        Raises:
            SettingsError: Naming the account's variable.
        """
        if "prod_type" not in self.model_fields_set:
            return
        for field_name, number in (("acct_stock", self.acct_stock), ("paper_stock", self.paper_stock)):
            _, _, product = number.partition("-")
            if product not in ("", self.prod_type):
                name = variable_of(field_name)
                raise SettingsError(
                    f"{name} ends in {product}, and KIS_PROD_TYPE is {self.prod_type}.",
                    remedy=f"Remove KIS_PROD_TYPE (my_prod in KIS' file), or the last two digits of {name}.",
                    field=name,
                )

    def _accounts(self, *, demo: bool) -> dict[AccountKind, Account]:
        numbers = {
            "stock": self.paper_stock if demo else self.acct_stock,
            "future": self.paper_future if demo else self.acct_future,
        }
        accounts: dict[AccountKind, Account] = {}
        for kind, (holder, product) in _ACCOUNTS.items():
            number, _, own = numbers[holder].partition("-")
            if number and not (holder == "future" and own not in ("", product)):
                accounts[kind] = Account(number, product or own or self.prod_type)
        return accounts
