"""One form for everything that is held, whatever KIS' lists call it and however often they tell it."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, strategies as st

from kis_mcp.account import Account
from kis_mcp.environment import Environment
from kis_mcp.errors import BadArgument, KisUnavailable, ListIncomplete
from kis_mcp.trading.portfolio.exchange_rates import PRESENT_BALANCE
from kis_mcp.trading.portfolio.holding_lists import LISTS
from kis_mcp.trading.portfolio.holdings import Holding, Holdings, read_holdings, read_market_holdings
from kis_mcp.trading.venues.markets import MARKETS
from tests.trading.fakes import AccountKis, FakeClock

KOREAN = "domestic_stock_inquire_balance"
ABROAD = "overseas_stock_inquire_balance"
BONDS = "domestic_bond_inquire_balance"
QUOTE = "domestic_bond_inquire_price"
CONTRACTS = "domestic_fo_inquire_balance"
CONTRACTS_ABROAD = "overseas_fo_inquire_unpd"
DOWN = KisUnavailable("KIS did not answer.", remedy="Try again.")
SOXL: dict[str, object] = {
    "symbol": "SOXL",
    "name": "DIREXION SEMICONDUCTOR",
    "exchange": "amex",
    "currency": "USD",
    "overseas_balance_quantity": Decimal(21),
    "orderable_quantity": Decimal(20),
    "purchase_average_price": Decimal(30),
    "price": Decimal(31),
    "fx_purchase_amount": Decimal(630),
    "overseas_stock_valuation_amount": Decimal(651),
    "fx_valuation_profit_loss": Decimal(21),
    "valuation_profit_loss_rate": Decimal("3.33"),
    "loan_type_code": "10",
}
PRESENT_SOXL: dict[str, object] = {
    "symbol": "SOXL",
    "exchange": "amex",
    "buy_currency": "USD",
    "holding_quantity": Decimal(21),
    "fx_valuation_amount": Decimal(651),
}


def samsung(**changes: object) -> dict[str, object]:
    row = {
        "symbol": "005930",
        "trade_type_name": "현금",
        "holding_quantity": 10,
        "orderable_quantity": 8,
        "purchase_average_price": Decimal(70_000),
        "purchase_amount": 700_000,
        "price": 71_000,
        "valuation_amount": 710_000,
        "valuation_profit_loss": 10_000,
        "valuation_profit_loss_rate": Decimal("1.43"),
    }
    return row | changes


def quantities(found: Holdings) -> list[tuple[str, str, Decimal | None]]:
    return [(holding.market, holding.symbol, holding.quantity) for holding in found.positions]


async def test_a_bond_is_worth_its_last_price_times_its_quantity_and_a_note_says_so(account: AccountKis) -> None:
    bonds = [{"symbol": symbol, "balance_quantity": 5_000, "buy_amount": 5_000_000} for symbol in ("KR1", "KR2", "KR3")]
    account.answers |= {
        KOREAN: {"positions": []},
        BONDS: {"holdings": bonds},
        f"{QUOTE} KR1": {"price": {"price": Decimal(9_897), "previous_close": Decimal(9_000)}},
        f"{QUOTE} KR2": {"price": {"price": 0, "previous_close": Decimal(10_100)}},
    }
    found = await read_holdings(account)
    assert [(one.symbol, one.price, one.value, one.profit, one.profit_rate) for one in found.positions] == [
        ("KR1", 9_897, 4_948_500, -51_500, Decimal("-1.03")),
        ("KR2", 10_100, 5_050_000, 50_000, 1),
        ("KR3", None, None, None, None),
    ]
    assert found.notes == [
        "KIS tells no value of KR1, KR2: it is worked out as the last price times the quantity, without accrued"
        " interest."
    ]


@pytest.mark.parametrize("market", MARKETS)
def test_every_market_that_takes_orders_has_a_list(market: str) -> None:
    assert market in {item.market for item in LISTS}


@pytest.mark.parametrize("environment", [Environment.REAL, Environment.DEMO])
async def test_a_row_that_several_queries_tell_is_one_holding(account: AccountKis, environment: Environment) -> None:
    account.environment = environment
    account.answers |= {ABROAD: {"positions": [SOXL]}, PRESENT_BALANCE: {"positions": [PRESENT_SOXL]}}
    found = await read_holdings(account)
    assert found == Holdings(
        lots=[
            Holding(
                account="12****78-01",
                market="US",
                exchange="amex",
                symbol="SOXL",
                name="DIREXION SEMICONDUCTOR",
                currency="USD",
                is_short=False,
                lot="10",
                quantity=Decimal(21),
                sellable_quantity=Decimal(20),
                average_price=Decimal(30),
                price=Decimal(31),
                purchase_amount=Decimal(630),
                value=Decimal(651),
                profit=Decimal(21),
                profit_rate=Decimal("3.33"),
                bought_today=None,
                sold_today=None,
                change=None,
            )
        ],
        notes=[],
        complete=True,
    )


async def test_a_row_that_one_answer_tells_twice_is_one_holding(account: AccountKis) -> None:
    account.answers[KOREAN] = {"positions": [samsung(), samsung()]}
    assert quantities(await read_holdings(account)) == [("KR", "005930", 10)]


async def test_demo_asks_each_us_exchange_and_the_others_all_of_the_us_at_once(clock: FakeClock) -> None:
    asked = dict[Environment, int]()
    for environment in (Environment.DEMO, Environment.REAL):
        account = AccountKis(clock, environment=environment)
        await read_market_holdings(account, "US")
        asked[environment] = account.reads.count(ABROAD)
    assert asked == {Environment.DEMO: 3, Environment.REAL: 1}


async def test_a_fraction_of_a_share_stays_one(account: AccountKis) -> None:
    nike = SOXL | {"symbol": "NKE", "exchange": "nyse", "overseas_balance_quantity": Decimal("0.012638")}
    account.answers[f"{ABROAD} us"] = {"positions": [SOXL, nike]}
    assert quantities(await read_holdings(account)) == [("US", "SOXL", 21), ("US", "NKE", Decimal("0.012638"))]


async def test_a_quantity_that_cannot_be_read_is_unknown_and_said(account: AccountKis) -> None:
    rows = [samsung(), samsung(symbol="000660", holding_quantity=None), samsung(symbol="035420", holding_quantity=None)]
    account.answers[KOREAN] = {"positions": rows}
    found = await read_holdings(account)
    assert quantities(found) == [("KR", "005930", 10), ("KR", "000660", None), ("KR", "035420", None)]
    assert found.notes == ["KIS' answer has no readable quantity of 000660, 035420: held, but it is unknown how many."]


async def test_what_is_sold_to_the_last_share_and_a_blank_row_are_not_held(account: AccountKis) -> None:
    account.answers[KOREAN] = {"positions": [samsung(holding_quantity=0), {"symbol": None, "holding_quantity": None}]}
    assert await read_holdings(account) == Holdings([], [], complete=True)


async def test_stocks_of_each_country_come_from_its_own_list_or_from_the_one_of_all(account: AccountKis) -> None:
    def row(symbol: str, exchange: str | None, currency: str) -> dict[str, Any]:
        return SOXL | {"symbol": symbol, "exchange": exchange, "currency": currency}

    account.answers |= {
        f"{ABROAD} hong_kong": {"positions": [row("00700", "hong_kong", "HKD")]},
        f"{ABROAD} shanghai": {"positions": [row("600519", "shanghai", "CNY")]},
        f"{ABROAD} tokyo": {"positions": [row("7203", "tokyo", "JPY")]},
        f"{ABROAD} ho_chi_minh": {"positions": [row("VNM", "ho_chi_minh", "VND")]},
        f"{ABROAD} us": {"positions": [row("VNM", "amex", "USD"), row("ODD", None, "USD")]},
        PRESENT_BALANCE: {
            "positions": [
                PRESENT_SOXL | {"symbol": "VNM", "exchange": "ho_chi_minh", "buy_currency": "VND"},
                PRESENT_SOXL | {"symbol": "BRAZIL", "exchange": None, "buy_currency": "BRL"},
                PRESENT_SOXL | {"symbol": "1306", "exchange": "tokyo", "buy_currency": "JPY"},
            ]
        },
    }
    held = quantities(await read_holdings(account))
    assert held == [
        ("US", "VNM", 21),
        ("US", "ODD", 21),
        ("HK", "00700", 21),
        ("CN", "600519", 21),
        ("JP", "7203", 21),
        ("VN", "VNM", 21),
        ("overseas", "BRAZIL", 21),
        ("JP", "1306", 21),
    ]
    of_japan = quantities(await read_holdings(account, ["JP"]))
    assert of_japan == [row for row in held if row[0] == "JP"]


async def test_bonds_and_contracts_are_held_too_and_short_positions_count_below_zero(account: AccountKis) -> None:
    account.accounts = {kind: Account("12345678", "01") for kind in ("stock", "futures", "overseas_futures")}
    short = {
        "symbol": "KR4101W12000",
        "short_symbol": "101W12",
        "side_name": "매도",
        "balance_quantity": 2,
        "closable_quantity": 2,
        "valuation_amount": 170_000_000,
    }
    future = {"symbol": "ESZ26", "side": "buy", "currency": "USD", "open_quantity": 1, "option_valuation_amount": 0}
    account.answers |= {
        KOREAN: {"positions": [samsung(borrowed_stock_sale_proceeds=700_000)]},
        BONDS: {"holdings": [{"symbol": "KR1", "balance_quantity": 5, "buy_amount": 50}]},
        CONTRACTS: {"positions": [short]},
        CONTRACTS_ABROAD: {"positions": [future]},
    }
    held = (await read_holdings(account)).positions
    assert [(one.market, one.symbol, one.quantity, one.sellable_quantity, one.value) for one in held] == [
        ("KR", "005930", -10, 8, -710_000),
        ("domestic_bond", "KR1", 5, None, None),
        ("domestic_futureoption", "101W12", -2, 2, None),
        ("overseas_futureoption", "ESZ26", 1, None, None),
    ]
    assert [one.notional for one in held] == [None, None, -170_000_000, None]


@pytest.mark.parametrize(
    ("symbol", "value", "notional"),
    [
        ("101W12", None, 85_000_000),
        ("A01612", None, 85_000_000),
        ("401W12W3", None, 85_000_000),
        ("201W12350", 85_000_000, None),
        ("C01612350", 85_000_000, None),
        ("KR4201W12350", 85_000_000, None),
    ],
)
async def test_what_a_future_stands_for_is_not_its_value_as_an_options_is(
    account: AccountKis, symbol: str, value: int | None, notional: int | None
) -> None:
    account.accounts = {"futures": Account("12345678", "03")}
    row = {"symbol": symbol, "balance_quantity": 1, "valuation_amount": 85_000_000}
    account.answers[CONTRACTS] = {"positions": [row]}
    (held,) = (await read_holdings(account)).positions
    assert (held.value, held.notional) == (value, notional)


@pytest.mark.parametrize("untold", [0, None])
async def test_a_price_or_value_of_zero_is_unknown(account: AccountKis, untold: int | None) -> None:
    account.answers[KOREAN] = {"positions": [samsung(price=untold, valuation_amount=untold)]}
    (held,) = (await read_holdings(account)).positions
    assert (held.quantity, held.price, held.value) == (10, None, None)


@given(st.lists(st.tuples(st.integers(1, 100), st.integers(1, 1000)), min_size=2, max_size=4))
async def test_the_loans_of_one_stock_are_separate_lots_and_one_position(loans: list[tuple[int, int]]) -> None:
    account = AccountKis(FakeClock())
    rows = [
        samsung(
            trade_type_name="자기융자",
            loan_date=f"2026-03-0{day}",
            holding_quantity=quantity,
            orderable_quantity=quantity,
            purchase_average_price=Decimal(price),
            purchase_amount=quantity * price,
            valuation_amount=quantity * 500,
            valuation_profit_loss=quantity * (500 - price),
        )
        for day, (quantity, price) in enumerate(loans, start=1)
    ]
    account.answers[KOREAN] = {"positions": rows}
    found = await read_holdings(account)
    assert [lot.lot for lot in found.lots] == [f"자기융자 2026-03-0{day}" for day in range(1, len(loans) + 1)]
    (held,) = found.positions
    shares, cost = sum(quantity for quantity, _ in loans), sum(quantity * price for quantity, price in loans)
    assert (held.quantity, held.sellable_quantity, held.purchase_amount) == (shares, shares, cost)
    assert (held.value, held.profit) == (shares * 500, shares * 500 - cost)
    assert held.average_price == (Decimal(cost) / shares).quantize(Decimal("0.0001"))
    assert held.profit_rate == (Decimal(shares * 500 - cost) / cost * 100).quantize(Decimal("0.01"))


async def test_of_several_lots_one_that_is_unknown_leaves_the_sum_unknown(account: AccountKis) -> None:
    purchase = {"symbol": "KR1", "balance_quantity": 5, "buy_date": "2026-03-02", "buy_amount": 50}
    later = purchase | {"buy_date": "2026-03-03", "balance_quantity": None}
    account.answers[BONDS] = {"holdings": [purchase, later]}
    (held,) = (await read_holdings(account)).positions
    assert (held.symbol, held.quantity, held.purchase_amount) == ("KR1", None, 100)


async def test_what_was_bought_and_what_was_sold_short_stay_two_positions(account: AccountKis) -> None:
    account.answers[KOREAN] = {
        "positions": [samsung(), samsung(trade_type_name="유통대주", borrowed_stock_sale_proceeds=700_000)]
    }
    assert quantities(await read_holdings(account)) == [("KR", "005930", 10), ("KR", "005930", -10)]


async def test_a_list_that_cannot_be_read_is_named_and_all_of_them_are_an_error(account: AccountKis) -> None:
    account.answers[KOREAN] = {"positions": [samsung()]}
    account.failing = {f"{ABROAD} shanghai": DOWN, f"{ABROAD} tokyo": DOWN, BONDS: DOWN}
    found = await read_holdings(account)
    assert (quantities(found), found.complete) == ([("KR", "005930", 10)], False)
    assert found.notes == ["The holdings of CN, JP, domestic_bond could not be read: KIS did not answer."]
    account.failing |= {item.tool: DOWN for item in LISTS}
    with pytest.raises(KisUnavailable):
        await read_holdings(account)


async def test_a_list_that_is_not_read_to_its_end_is_shown_as_such(account: AccountKis) -> None:
    account.answers[KOREAN] = {"positions": [samsung()]}
    account.unfinished = {KOREAN}
    found = await read_holdings(account)
    assert found.notes == ["There are more holdings of KR than could be read."]
    assert (quantities(found), found.complete) == ([("KR", "005930", 10)], False)
    with pytest.raises(ListIncomplete, match="more rows"):
        await read_market_holdings(account, "KR")


async def test_what_kis_refuses_to_list_is_not_taken_for_nothing(account: AccountKis) -> None:
    account.failing[BONDS] = BadArgument("KIS refused it.", remedy="Apply.", kis_code="APBK1")
    found = await read_holdings(account)
    assert (found.notes, found.complete) == (
        ["The holdings of domestic_bond could not be read: KIS refused it."],
        False,
    )


async def test_only_what_the_environment_and_the_accounts_offer_is_asked(account: AccountKis) -> None:
    account.environment = Environment.DEMO
    assert (await read_holdings(account)).complete
    assert set(account.reads) == {KOREAN, ABROAD}


async def test_for_one_exchange_only_its_list_is_asked(account: AccountKis) -> None:
    account.environment = Environment.DEMO
    account.answers[f"{ABROAD} amex"] = {"positions": [SOXL]}
    assert [lot.symbol for lot in await read_market_holdings(account, "US", exchange="amex", fresh=True)] == ["SOXL"]
    assert (account.reads, account.fresh) == ([ABROAD], {f"{ABROAD} amex"})
