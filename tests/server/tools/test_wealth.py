"""What an account is worth: a trade changes it by its costs, and by what the price does, in every market."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from mcp import Client

from kis_mcp.clock import KST
from kis_mcp.simulator import Simulator, SimulatorOptions, run_simulator
from tests.client import blocks, connected, settings_for

MONDAY = datetime(2026, 6, 15, 11, 0, tzinfo=KST)
UNLIMITED: dict[str, Any] = {
    "confirm": "never",
    "max_order_notional": 10**9,
    "max_order_quantity": 10**5,
    "price_collar_percent": 30,
}
EXCHANGES = {"600519": {"exchange": "shanghai"}, "VNM": {"exchange": "ho_chi_minh"}}
IN_WON = "overseas_futureoption"
"""Its deposit is told in won, all currencies together, whose rates change from day to day."""

MARKETS = [
    ("KR", "005930", 3),
    ("US", "AAPL", 2),
    ("HK", "00700", 100),
    ("CN", "600519", 100),
    ("JP", "7203", 100),
    ("VN", "VNM", 100),
    pytest.param("domestic_futureoption", "101W12", 1, marks=pytest.mark.slow),
    pytest.param("overseas_futureoption", "ESZ26", 1, marks=pytest.mark.slow),
]


@dataclass
class Trader:
    """One instrument's trader, and the simulator's own fills and prices to compare with."""

    client: Client
    simulator: Simulator
    market: str
    symbol: str
    now: datetime = MONDAY

    async def trade(self, side: str, quantity: int) -> None:
        """An order that fills at once."""
        before = len(self.simulator.ledger.fills)
        instrument = self.simulator.kis.world.market.instruments[self.symbol]
        units = int(self.price.scaleb(instrument.decimals))
        beyond = 3 * instrument.tick(units) * (1 if side == "buy" else -1)
        where = EXCHANGES.get(self.symbol, {"market": self.market})
        order = {"symbol": self.symbol, "side": side, "quantity": quantity, **where}
        result = await self.client.call_tool("place_order", order | {"price": str(instrument.price(units + beyond))})
        fills = self.simulator.ledger.fills[before:]
        assert sum(fill.quantity for fill in fills) == quantity, result

    @property
    def price(self) -> Decimal:
        market = self.simulator.kis.world.market
        return market.quote(market.instruments[self.symbol], self.now).price

    async def worth(self) -> Decimal:
        """Its market's part of the accounts, in its currency; a bond's cash is that of Korean stocks."""
        found = blocks(await self.client.call_tool("get_account_summary", {}))["markets"]
        markets = {self.market, "KR"} if self.market == "domestic_bond" else {self.market}
        parts = (Decimal(str(row["total"])) for row in found if row["market"] in markets and "total" in row)
        worth = sum(parts, Decimal(0))
        return worth / self.rate if self.market == IN_WON else worth

    @property
    def rate(self) -> Decimal:
        world = self.simulator.kis.world
        return world.rates.quoted(world.market.instruments[self.symbol].home, world.rates.today(self.now))

    @property
    def result(self) -> Decimal:
        """What the fills cost in fees, and what the price has done to them since."""
        return sum(
            (
                fill.side.sign * (self.price - fill.price) * fill.quantity * fill.multiplier
                - fill.commission
                - fill.tax
                for fill in self.simulator.ledger.fills
            ),
            Decimal(0),
        )


@asynccontextmanager
async def trader(market: str, symbol: str) -> AsyncGenerator[Trader]:
    """With a clock that stands still until it is set."""
    found: list[Trader] = []

    def clock() -> datetime:
        return found[0].now if found else MONDAY

    options = SimulatorOptions(clock=clock, real_rate=0, demo_rate=0, token_interval_seconds=0)
    async with run_simulator(options) as simulator:
        settings = settings_for(simulator, **UNLIMITED)
        async with connected(settings, clock=clock) as client:
            found.append(Trader(client, simulator, market, symbol))
            yield found[0]


@pytest.mark.parametrize(("market", "symbol", "lot"), MARKETS)
async def test_a_trade_changes_the_worth_by_its_costs_before_and_after_it_settles(
    market: str, symbol: str, lot: int
) -> None:
    async with trader(market, symbol) as one:
        start = await one.worth()
        for side, quantity, days in (("buy", 2 * lot, 0), ("sell", lot, 1), ("sell", lot, 2), ("buy", lot, 4)):
            one.now = MONDAY + (timedelta(minutes=days) if market == IN_WON else timedelta(days=days))
            await one.trade(side, quantity)
            assert await one.worth() - start == pytest.approx(one.result, abs=Decimal("0.01")), (side, days)


async def test_a_bond_changes_the_worth_by_its_costs() -> None:
    async with trader("domestic_bond", "KR6095572D81") as one:
        start = await one.worth()
        for side, quantity in (("buy", 20), ("sell", 10)):
            await one.trade(side, quantity)
            assert await one.worth() - start == pytest.approx(one.result, abs=Decimal(1)), side
