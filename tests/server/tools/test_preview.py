"""An order that is only previewed: what it would come to, the guard's word on it, and nothing done."""

import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import Phase, given, settings, strategies as st
from mcp import Client

from kis_mcp.confirm.pin import Pin
from kis_mcp.settings.settings import Settings
from kis_mcp.simulator import Simulator, SimulatorOptions, run_simulator
from tests.client import BUY, NOW, SAMSUNG, Person, blocks, connected, error, settings_for

FUTURE = {"symbol": "101W12", "market": "domestic_futureoption", "side": "buy", "quantity": 1}


def entries(settings: Settings) -> dict[str, list[Any]]:
    """Every row of the journal, by table; the salt that hides account numbers is no entry."""
    path = settings.data_dir / settings.environment.value / "journal.db"
    with sqlite3.connect(path) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: list(database.execute(f"SELECT * FROM {name}")) for name in tables if "salt" not in name}


def posts(simulator: Simulator) -> list[str]:
    """Requests that could be orders."""
    return [one.path for one in list(simulator.received) if one.method == "POST" and "/trading/" in one.path]


async def preview(client: Client, order: Mapping[str, Any]) -> dict[str, Any]:
    return blocks(await client.call_tool("preview_order", dict(order)))


@pytest.mark.parametrize(
    ("environment", "order"), [("sim", BUY), ("sim", BUY | {"price": 60_050}), ("demo", BUY), ("real", BUY)]
)
async def test_a_preview_writes_nothing_asks_nobody_and_sends_nothing(
    simulator: Simulator, environment: str, order: dict[str, Any]
) -> None:
    person = Person()
    own = settings_for(simulator, environment, allow_real_orders=True)
    async with connected(own, person=person) as client:
        await client.call_tool("place_order", BUY | {"quantity": 1, "idempotency_key": "an-earlier-one"})
        before, sent, asked = entries(own), posts(simulator), list(person.asked)
        found = await preview(client, order)
        found_again = await preview(client, order | {"idempotency_key": "another"})
    assert entries(own) == before
    assert posts(simulator) == sent
    assert person.asked == asked
    assert found == found_again
    assert found["preview"]["verdict"] == ("would_be_sent" if order is BUY else "refused")


async def test_a_preview_uses_no_key_up(simulator: Simulator) -> None:
    keyed = BUY | {"idempotency_key": "the-one"}
    async with connected(settings_for(simulator), person=Person()) as client:
        await preview(client, keyed)
        assert blocks(await client.call_tool("place_order", keyed))["order"]["status"] == "accepted"
        again = await preview(client, keyed)
    assert again["preview"]["verdict"] == "already_sent"
    assert "nothing more" in again["preview"]["earlier"]


async def test_a_preview_opens_no_page_and_says_that_the_order_would(simulator: Simulator) -> None:
    own = settings_for(simulator, "real", allow_real_orders=True)
    Pin(own.data_dir).set("2580")
    said: list[str | None] = []

    async def told(progress: float, total: float | None, message: str | None) -> None:
        said.append(message)

    async with connected(own) as client:
        result = await client.call_tool("preview_order", BUY, progress_callback=told)
    assert "PIN" in blocks(result)["preview"]["confirmation"]
    assert said == []


async def test_where_nobody_can_be_asked_the_preview_says_so(simulator: Simulator) -> None:
    async with connected(settings_for(simulator, "real", allow_real_orders=True)) as client:
        facts = error(await client.call_tool("place_order", BUY))
        found = (await preview(client, BUY))["preview"]
    assert (found["verdict"], found["refusal"], found["next_step"]) == ("refused", facts["what"], facts["next_step"])


async def test_a_korean_stocks_costs_shares_and_positions(simulator: Simulator) -> None:
    async with connected(settings_for(simulator), person=Person()) as client:
        found = await preview(client, BUY)
        asked = blocks(await client.call_tool("get_buying_power", {"symbol": SAMSUNG, "price": 60_000}))
        worth = blocks(await client.call_tool("get_account_summary", {}))
    cash, wealth = asked["buying_power"]["cash"], worth["total"]["total"]
    assert found["costs"] == {
        "currency": "KRW",
        "expected_amount": 180_000,
        "largest_amount": 180_000,
        "commission": 25,
        "taxes": 0,
        "rates": "0.0140527 % (KIS BanKIS online rate for KOSPI, KOSDAQ and KONEX shares (2026))",
        "expected_total": 180_025,
        "expected_krw": 180_000,
    }
    shown = found["account"]
    assert (shown["buying_power_before"], shown["buying_power_after"]) == (cash, cash - 180_025)
    assert shown["wealth_krw"] == wealth
    assert shown["share_of_wealth"] == round(180_000 / wealth * 100, 2)
    assert (shown["position_before"], shown["position_after"]) == (0, 3)


async def test_a_sale_pays_tax_and_a_market_order_is_expected_at_the_last_price(simulator: Simulator) -> None:
    market = {"symbol": SAMSUNG, "order_type": "market", "quantity": 10}
    async with connected(settings_for(simulator, confirm="never")) as client:
        await client.call_tool("place_order", market | {"side": "buy"})
        found = await preview(client, market | {"side": "sell", "quantity": 4})
    costs, last = found["costs"], found["order"]["last_price"]
    assert costs["expected_amount"] == 4 * last
    assert costs["largest_amount"] > costs["expected_amount"]
    assert costs["taxes"] == round(4 * last * 0.002)
    assert costs["expected_total"] == costs["expected_amount"] - costs["commission"] - costs["taxes"]
    assert found["account"] == found["account"] | {"position_before": 10, "position_after": 6, "sellable": 10}
    assert "buying_power_after" not in found["account"]


async def test_a_foreign_order_is_told_in_won_with_the_rate_and_its_source(simulator: Simulator) -> None:
    async with connected(settings_for(simulator)) as client:
        costs = (await preview(client, {"symbol": "AAPL", "side": "buy", "quantity": 3, "price": 250}))["costs"]
        rates = blocks(await client.call_tool("get_account_summary", {}))["rates"]
    rate = next(row["krw_rate"] for row in rates if row["currency"] == "USD")
    assert costs["krw_rate"] == pytest.approx(rate, rel=0.01)
    assert costs["krw_rate_source"].startswith("overseas_stock_")
    assert costs["expected_krw"] == round(Decimal(750) * Decimal(str(costs["krw_rate"])))


@pytest.mark.parametrize(
    ("symbol", "market", "price", "name"), [("7203", "jp", 3_000, "토요타"), ("00700", "hk", 600, "텐센트")]
)
async def test_a_foreign_code_is_told_with_its_name(
    simulator: Simulator, symbol: str, market: str, price: int, name: str
) -> None:
    order = {"symbol": symbol, "market": market, "side": "buy", "quantity": 100, "price": price}
    async with connected(settings_for(simulator)) as client:
        found = await preview(client, order)
    assert name in found["order"]["name"]


async def test_a_futures_margin_is_what_kis_tells_and_not_its_notional_value(simulator: Simulator) -> None:
    async with connected(settings_for(simulator, max_order_notional=None)) as client:
        found = await preview(client, FUTURE | {"order_type": "market"})
        told = await client.call_tool("call_read_tool", {"name": "domestic_fo_margin_rate", "arguments": {}})
    rows = blocks(told)["rates"]
    names = [row for row in rows if row["underlying_name"] == "KOSPI200"]
    costs = found["costs"]
    assert costs["margin"] == pytest.approx(names[0]["futures_margin_per_contract"])
    assert costs["margin"] < costs["expected_amount"] / 2
    assert "expected_total" not in costs
    account = found["account"]
    assert account["share_of_buying_power"] == round(costs["margin"] / account["buying_power_before"] * 100, 2)
    assert account["buying_power_after"] == pytest.approx(account["buying_power_before"] - costs["margin"])


async def test_a_price_off_the_tick_is_told_with_the_nearest_ones(simulator: Simulator) -> None:
    async with connected(settings_for(simulator), person=Person()) as client:
        found = await preview(client, BUY | {"price": 60_050})
        named = await preview(client, BUY | {"price": 60_050, "fields": ["passed", "not_checked", "checks_left_out"]})
    assert found["order"] == found["order"] | {"tick": 100, "price_below": 60_000, "price_above": 60_100}
    assert found["preview"]["field"] == "price"
    left_out = named["preview"]["not_checked"].split(", ")
    assert "buying_power" in left_out
    assert found["preview"]["checks_left_out"] == named["preview"]["checks_left_out"] == len(left_out)
    assert named["preview"]["passed"]
    assert {"passed", "not_checked"}.isdisjoint(found["preview"])
    assert found["findings"] == [{"check": "price_on_tick", "refuses": True, "field": "price"}]


@pytest.fixture(scope="module")
def portal() -> Iterator[BlockingPortal]:
    with start_blocking_portal() as portal:
        yield portal


class World:
    """A simulator and a client of it whose person says yes, over all examples of a property."""

    def __init__(self, portal: BlockingPortal, client: Client) -> None:
        self._portal = portal
        self.client = client

    def call(self, tool: str, arguments: Mapping[str, Any]) -> Any:
        return self._portal.call(self.client.call_tool, tool, dict(arguments))


class Ticking:
    """A clock that examples move."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


PRICES: Mapping[str, st.SearchStrategy[Any]] = {
    SAMSUNG: st.sampled_from([60_000, 60_050, 70_000, 75_000, 76_000, 80_000, 90_000, None]),
    "000660": st.sampled_from([600_000, 640_000, 640_500, 700_000, None]),
    "069500": st.sampled_from([50_000, 50_005, 50_001]),
    "005380": st.just(250_000),
    "999999": st.just(1_000),
    "AAPL": st.sampled_from([200, 260, "260.005", 300]),
    "ZZZZ": st.just(10),
    "101W12": st.sampled_from([None, 380, "380.03", 500]),
    "201W12350": st.sampled_from([None, 5, 12]),
    "ESZ26": st.sampled_from([5_500, None]),
    "KR6095572D81": st.sampled_from([10_000, 10_180]),
}
MARKETS = {"101W12": "domestic_futureoption", "201W12350": "domestic_futureoption"}


@st.composite
def orders(draw: st.DrawFn) -> dict[str, Any]:
    symbol = draw(st.sampled_from(sorted(PRICES)))
    price = draw(PRICES[symbol])
    order: dict[str, Any] = {
        "symbol": symbol,
        "side": draw(st.sampled_from(["buy", "buy", "sell"])),
        "quantity": draw(st.sampled_from([1, 2, 7, 10, 300, 1_001, 10**6])),
    }
    if price is None:
        order["order_type"] = draw(st.sampled_from(["market", "market", "best", "limit", "moc"]))
    else:
        order |= {"price": price} | ({"order_type": "market"} if draw(st.integers(0, 9)) == 0 else {})
    if symbol in MARKETS:
        order["market"] = MARKETS[symbol]
    if draw(st.integers(0, 5)) == 0:
        order["idempotency_key"] = draw(st.sampled_from(["one", "two", "three"]))
    if symbol == SAMSUNG and draw(st.integers(0, 3)) == 0:
        order |= draw(
            st.sampled_from([{"exchange": "nxt"}, {"session": "night"}, {"credit_type": "broker_margin_open"}])
        )
    return order


PASSES = st.sampled_from([0, 5, 61])
"""Seconds between two orders."""


@pytest.fixture(scope="module")
def world(portal: BlockingPortal) -> Iterator[tuple[World, Ticking]]:
    ticking = Ticking()
    options = SimulatorOptions(clock=ticking, real_rate=0, demo_rate=0, token_interval_seconds=0)
    with (
        tempfile.TemporaryDirectory() as folder,
        portal.wrap_async_context_manager(run_simulator(options)) as simulator,
    ):
        own = settings_for(
            simulator,
            data_dir=Path(folder),
            max_order_notional=50_000_000,
            max_open_positions=3,
            max_orders_per_day=30,
            denied_symbols="005380",
        )
        connecting = connected(own, person=Person(), clock=ticking)
        with portal.wrap_async_context_manager(connecting) as client:
            yield World(portal, client), ticking


@settings(max_examples=12, deadline=None, derandomize=True, phases=[Phase.generate])
@given(order=orders(), passes=PASSES)
def test_an_order_is_refused_with_what_its_preview_said_and_only_then(
    world: tuple[World, Ticking], order: dict[str, Any], passes: int
) -> None:
    compare(*world, order, passes)


@pytest.mark.slow
@settings(max_examples=80, deadline=None, phases=[Phase.generate])
@given(order=orders(), passes=PASSES)
def test_many_orders_are_refused_with_what_their_previews_said_and_only_then(
    world: tuple[World, Ticking], order: dict[str, Any], passes: int
) -> None:
    compare(*world, order, passes)


def compare(one: World, ticking: Ticking, order: dict[str, Any], passes: int) -> None:
    """Preview an order, then place it."""
    ticking.now += timedelta(seconds=passes)
    seen, placed = one.call("preview_order", order), one.call("place_order", order)
    facts = error(placed) if placed.is_error else {}
    if seen.is_error:
        assert {name: facts[name] for name in ("class", "what")} == {
            name: error(seen)[name] for name in ("class", "what")
        }
        return
    told = blocks(seen)["preview"]
    refused = facts if facts.get("class") == "order_refused" else None
    assert (told["verdict"] == "refused", told.get("refusal"), told.get("next_step")) == (
        refused is not None,
        refused and refused["what"],
        refused and refused["next_step"],
    ), (told, facts)
