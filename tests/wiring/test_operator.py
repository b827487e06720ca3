"""What the operator sets, as the limits that the guard holds orders to."""

from decimal import Decimal
from typing import Any

import pytest

from kis_mcp.environment import Environment
from kis_mcp.errors import SettingsError
from kis_mcp.settings import Settings
from kis_mcp.wiring import load_settings
from kis_mcp.wiring.operator import order_limits

KEYS: dict[str, Any] = {"paper_app_key": "key", "paper_app_secret": "secret"}


def test_by_default_only_the_collar_limits_orders() -> None:
    limits = order_limits(Settings.load(), Environment.SIM)
    assert (limits.max_notional, limits.max_orders_per_day, limits.max_open_positions, limits.max_daily_loss) == (
        None,
        None,
        None,
        None,
    )
    assert limits.price_collar == 10
    assert limits.allowed_symbols == limits.denied_symbols == frozenset()


def test_lists_of_symbols_are_the_instruments_that_they_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KIS_ALLOWED_SYMBOLS", "005930, aapl,")
    monkeypatch.setenv("KIS_DENIED_SYMBOLS", "TSLA NVDA；애플、Samsung C&T\nNASDAQ:PYPL")
    monkeypatch.setenv("KIS_MAX_DAILY_LOSS", "500,000")
    limits = order_limits(load_settings(), Environment.SIM)
    assert {str(listed) for listed in limits.allowed_symbols} == {"KR:005930", "US:AAPL"}
    assert {str(listed) for listed in limits.denied_symbols} >= {
        *("US:TSLA", "US:NVDA", "US:AAPL", "KR:028260", "US:PYPL")
    }
    assert limits.max_daily_loss == Decimal(500_000)


@pytest.mark.parametrize("name", ["allowed_symbols", "denied_symbols"])
@pytest.mark.parametrize(
    ("entries", "told"),
    [
        ("TSLA, PYPL", r"'PYPL' is no instrument"),
        ("삼전", r"'삼전' .* nearest is 005930 \(삼성전자\)"),
        ("5930", r"'5930' .* nearest is 005930"),
        ("NVIDA", r"nearest is NVDA \(NVIDIA\)"),
        ("NAS:005930", r"'NAS:005930' is no instrument"),
        ("", "list without an entry"),
        (" ; ", "list without an entry"),
    ],
)
def test_an_entry_that_means_no_instrument_refuses_to_start(name: str, entries: str, told: str) -> None:
    with pytest.raises(SettingsError, match=told) as refused:
        load_settings(**{name: entries})
    assert refused.value.field == f"KIS_{name.upper()}"


@pytest.mark.parametrize(
    ("environment", "url", "check", "checked"),
    [
        ("sim", "", "auto", False),
        ("sim", "", "on", True),
        ("demo", "", "auto", True),
        ("demo", "", "off", False),
        ("demo", "http://127.0.0.1:29443", "auto", False),
        ("demo", "http://127.0.0.1:29443", "on", True),
    ],
)
def test_hours_are_kept_where_no_simulator_answers(environment: str, url: str, check: str, checked: bool) -> None:
    settings = Settings.load(env=environment, url_rest_paper=url, session_check=check, **KEYS)
    assert order_limits(settings, Environment(environment)).check_sessions is checked


@pytest.mark.parametrize(("check", "checked"), [("auto", True), ("off", False)])
def test_hours_are_kept_where_a_simulator_keeps_them(check: str, checked: bool) -> None:
    settings = Settings.load(env="sim", sim_clock="market", session_check=check)
    assert order_limits(settings, Environment.SIM).check_sessions is checked


@pytest.mark.parametrize(
    ("name", "value"),
    [("price_collar_percent", -1), ("max_orders_per_day", 0), ("session_check", "maybe"), ("commission", "US free")],
)
def test_a_limit_that_cannot_be_meant_is_named(name: str, value: object) -> None:
    with pytest.raises(SettingsError, match=f"KIS_{name.upper()}"):
        load_settings(**{name: value})


def test_commissions_that_cannot_be_read_set_no_limits() -> None:
    with pytest.raises(SettingsError) as refused:
        order_limits(Settings.load(commission="US free"), Environment.SIM)
    assert refused.value.field == "KIS_COMMISSION"


def test_the_account_s_own_commissions_go_with_the_limits() -> None:
    limits = order_limits(load_settings(commission="US 0.1%"), Environment.SIM)
    assert limits.commissions == {"US": (Decimal("0.1"), Decimal(0), "KIS_COMMISSION")}
