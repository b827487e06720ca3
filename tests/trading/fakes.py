"""A KIS in memory that lists what it took, and a clock that tests move."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from time import monotonic
from typing import Any

from kis_mcp.account import Account
from kis_mcp.catalog.apis import KisApis
from kis_mcp.catalog.arguments import CheckedArguments, check_arguments
from kis_mcp.catalog.decode import Decoded
from kis_mcp.catalog.gateway import MayLeave
from kis_mcp.catalog.loader import Catalog
from kis_mcp.catalog.model import AccountKind, Api
from kis_mcp.clock import KST
from kis_mcp.environment import Environment
from kis_mcp.trading.blotter.lists import EVERY_LIST
from kis_mcp.trading.decision import Decision
from kis_mcp.trading.desk.desk import OrderDesk
from kis_mcp.trading.desk.order_notices import NoticeSource
from kis_mcp.trading.desk.pre_trade import PreTradeChecks
from kis_mcp.trading.desk.sending import OrderSender
from kis_mcp.trading.guard.limits import OrderLimits
from kis_mcp.trading.guard.market_facts import FindInstrument
from kis_mcp.trading.journal import Journal
from kis_mcp.trading.kis import KisReads
from kis_mcp.trading.portfolio.balances import Balance, read_balances

CATALOG = Catalog()
ORDER_CASH = "domestic_stock_order_cash"
RVSECNCL = "domestic_stock_order_rvsecncl"
HOLDING = {"symbol": "005930", "holding_quantity": 50, "orderable_quantity": 40}

LISTS = (
    "overseas_stock_inquire_balance",
    "overseas_stock_inquire_present_balance",
    "domestic_bond_inquire_balance",
    "domestic_fo_inquire_balance",
    "overseas_fo_inquire_unpd",
)
"""Of holdings: empty unless a test says otherwise, as are the lists of orders."""


def api(tool: str) -> Api:
    found = CATALOG.find(tool)
    assert found is not None, tool
    return found


def checked(tool: str, arguments: Mapping[str, object]) -> CheckedArguments:
    return check_arguments(api(tool), arguments)


class FakeClock:
    def __init__(self) -> None:
        self.now = datetime(2026, 3, 3, 10, 0, tzinfo=KST)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)


async def _accept() -> None: ...


@dataclass
class FakeKis:
    """Takes every order, unless ``waiting`` for its turn, ``before`` or ``after`` taking it fails or blocks."""

    clock: FakeClock
    catalog: Catalog = CATALOG
    environment: Environment = Environment.SIM
    accounts: Mapping[AccountKind, Account] = field(default_factory=lambda: {"stock": Account("12345678", "01")})
    clock_error: timedelta | None = timedelta(0)
    waiting: Callable[[], Awaitable[None]] = _accept
    before: Callable[[], Awaitable[None]] = _accept
    after: Callable[[], Awaitable[None]] = _accept
    posts: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    listed: list[dict[str, object]] = field(default_factory=list)
    quote: dict[str, object] = field(
        default_factory=lambda: {"price": Decimal(70000), "upper_limit_price": Decimal(91000), "tick_size": 100}
    )
    reads: list[str] = field(default_factory=list)
    failing: dict[str, Exception] = field(default_factory=dict)
    complete: bool = True
    holidays: list[dict[str, object]] = field(default_factory=list)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)

    async def rows(self, tool: str, arguments: Mapping[str, object], *, fresh: bool = False) -> Decoded:
        await asyncio.sleep(0)
        self.reads.append(tool)
        if error := self.failing.get(tool):
            raise error
        blocks: dict[str, Any] = {
            **{tool: {"positions": []} for tool in LISTS},
            **{order_list.tool: {order_list.block: []} for order_list in EVERY_LIST},
            "domestic_stock_chk_holiday": {"days": self.holidays},
            "domestic_stock_inquire_price": {"price": self.quote},
            "domestic_stock_inquire_daily_ccld": {"orders": self.listed},
            "overseas_stock_inquire_ccnl": {"orders": self.listed},
            "overseas_stock_price": {"price": {"price": Decimal(150)}},
            "overseas_stock_search_info": {"listing": {}},
            "domestic_fo_margin_rate": {"rates": []},
            "overseas_stock_inquire_psamount": {
                "buying_power": {"exchange_rate": Decimal(1400), "max_orderable_quantity": 1_000}
            },
            "domestic_stock_inquire_psbl_order": {"buying_power": {"max_buy_quantity": 1_000}},
            "domestic_stock_inquire_balance": {"positions": [HOLDING], "summary": []},
            **self.answers,
        }[tool]
        return Decoded(blocks, complete=self.complete)

    def check(self, arguments: CheckedArguments) -> None: ...

    async def order(self, arguments: CheckedArguments, may_leave: MayLeave) -> Decoded:
        await self.waiting()
        await may_leave()
        self.posts.append((arguments.api.tool, dict(arguments)))
        await self.before()
        order_id = self.take(arguments)
        await self.after()
        return Decoded({"order": {"order_id": order_id, "order_branch": "06010"}})

    def take(self, values: Mapping[str, object]) -> str:
        """List an order as KIS would, whoever placed it."""
        order_id = f"{len(self.listed) + 1:010}"
        original = values.get("order_id")
        self.listed.append(
            {
                "order_date": f"{self.clock.now:%Y-%m-%d}",
                "order_time": f"{self.clock.now:%H:%M:%S}",
                "order_id": order_id,
                "original_order_id": original,
                "order_branch": "06010",
                "side": values.get("side", "buy"),
                "side_name": "매수취소*"
                if values.get("action") == "cancel"
                else "매수정정*"
                if original
                else "현금매수",
                "symbol": values.get("symbol", "005930"),
                "name": "삼성전자",
                "order_quantity": values.get("quantity", 10),
                "order_price": values.get("price", 0),
                "filled_quantity": 0,
                "remaining_quantity": values.get("quantity", 10),
                "rejected_quantity": 0,
                "order_type_code": "00",
                "exchange_id_code": "KRX",
            }
        )
        return order_id


class TellingKis(FakeKis):
    """Tells its time with each answer, and lists the orders of the days that it is asked for."""

    error: timedelta = timedelta()

    async def rows(self, tool: str, arguments: Mapping[str, object], *, fresh: bool = False) -> Decoded:
        self.clock_error = self.error
        found = await super().rows(tool, arguments, fresh=fresh)
        if "end_date" not in arguments:
            return found
        first, last = (f"{arguments[name]:%Y-%m-%d}" for name in ("start_date", "end_date"))
        blocks: dict[str, Any] = {
            name: [row for row in rows if first <= str(row["order_date"]) <= last]
            for name, rows in found.blocks.items()
            if isinstance(rows, list)
        }
        return Decoded(blocks)


async def send_while_the_clock_is_wrong(
    journal: Journal, clock: FakeClock, wrong: timedelta, order: Mapping[str, object]
) -> tuple[TellingKis, str]:
    """Buy while this machine's clock is wrong by so much; returns KIS, which lists the order of its own day, and the
    intent."""
    at_kis = clock()
    kis = TellingKis(clock, clock_error=-wrong)
    kis.error = -wrong
    clock.now += wrong
    desk = order_desk(kis, journal, OrderLimits())
    intent_id = (await desk.propose(checked(ORDER_CASH, order))).intent_id
    await desk.decide(intent_id, Decision(verdict="accepted", channel="elicitation"))
    await desk.execute(intent_id)
    kis.listed[0] |= {"order_date": f"{at_kis:%Y-%m-%d}"}
    return kis, intent_id


def order_desk(
    kis: FakeKis | KisApis,
    journal: Journal,
    limits: OrderLimits,
    *,
    environment: Environment = Environment.SIM,
    find_instrument: FindInstrument = lambda symbol, market: None,
    halt_reason: Callable[[], str | None] = lambda: None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    monotonic: Callable[[], float] = monotonic,
    notice_source: NoticeSource | None = None,
) -> OrderDesk:
    """A desk wired as the brokerage wires it."""
    checks = PreTradeChecks(
        kis, journal, limits, environment=environment, find_instrument=find_instrument, halt_reason=halt_reason
    )
    sender = OrderSender(
        kis,
        kis,
        journal,
        checks,
        environment=environment,
        clock=kis.clock,
        notice_source=notice_source,
        sleep=sleep,
        monotonic=monotonic,
    )
    return OrderDesk(kis, journal, checks, sender, environment=environment, clock=kis.clock)


@dataclass
class AccountKis(FakeKis):
    """Answers account lists from what a test fills in, by "tool", "tool exchange" or "tool symbol"; everything else is
    empty."""

    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    unfinished: set[str] = field(default_factory=set)
    fresh: set[str] = field(default_factory=set)

    async def rows(self, tool: str, arguments: Mapping[str, object], *, fresh: bool = False) -> Decoded:
        self.reads.append(tool)
        self.fresh |= {f"{tool} {arguments.get('exchange')}"} if fresh else set()
        if error := self.failing.get(tool) or self.failing.get(f"{tool} {arguments.get('exchange')}"):
            raise error
        keys = (f"{tool} {arguments.get('exchange')}", f"{tool} {arguments.get('symbol')}", tool)
        blocks = next((self.answers[key] for key in keys if key in self.answers), dict[str, Any]())
        return Decoded(blocks, complete=tool not in self.unfinished)


async def read_balance(kis: KisReads, market: str) -> Balance:
    """Cash, holdings and profit of one market."""
    return next(row for row in (await read_balances(kis, [market])).rows if row.market == market)
