from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from kis_mcp.clock import KST
from kis_mcp.environment import Environment
from kis_mcp.market.instruments import builtin_instruments
from kis_mcp.trading.guard.check import check_order, refusal
from kis_mcp.trading.guard.facts import GuardFacts
from kis_mcp.trading.guard.limits import OrderLimits
from kis_mcp.trading.guard.symbol_lists import ListedSymbol, allowed_symbols, denied_symbols
from kis_mcp.trading.journal import Intent, Record, Status
from kis_mcp.trading.order import Action, Order
from kis_mcp.trading.venues.order_types import PRICED, STOPS, UNPRICED
from kis_mcp.trading.venues.ticks import krx_tick
from tests.trading.fakes import CATALOG

NOW = datetime(2026, 3, 3, 10, 0, tzinfo=KST)
ORDER = Order(
    kis_title="주식주문(현금)",
    action=Action.NEW,
    market="KR",
    symbol="005930",
    side="buy",
    quantity=Decimal(10),
    price=Decimal(70000),
    order_type="limit",
    currency="KRW",
    amount=Decimal(700000),
    amount_krw=Decimal(700000),
)
CAPS = OrderLimits(max_notional=Decimal(1_000_000), max_quantity=Decimal(100), allow_real_orders=True)
FACTS = GuardFacts(environment=Environment.SIM, limits=CAPS, order=ORDER, kind="stock", exists=True, now=NOW)
REAL = replace(FACTS, environment=Environment.REAL)
QUANTITIES = st.integers(1, 10**6).map(Decimal)


def refusing(facts: GuardFacts) -> list[str]:
    return [finding.rule for finding in check_order(facts) if finding.refuses]


def warning(facts: GuardFacts) -> list[str]:
    return [finding.rule for finding in check_order(facts) if not finding.refuses]


def ordering(facts: GuardFacts = FACTS, **changes: object) -> GuardFacts:
    return replace(facts, order=replace(ORDER, **changes))  # pyright: ignore[reportArgumentType]


def changing(action: Action, facts: GuardFacts = FACTS, **changes: object) -> GuardFacts:
    return ordering(facts, action=action, original_order_id="7", **changes)


@pytest.mark.parametrize("facts", [FACTS, REAL])
def test_a_plain_order_passes(facts: GuardFacts) -> None:
    assert check_order(facts) == []


def test_real_orders_need_the_operators_word_even_to_cancel() -> None:
    limits = replace(CAPS, allow_real_orders=False)
    assert refusing(replace(REAL, limits=limits)) == ["real_orders"]
    assert refusing(replace(changing(Action.CANCEL, REAL), limits=limits)) == ["real_orders"]
    assert check_order(replace(FACTS, limits=limits)) == []


@pytest.mark.parametrize(
    ("entry", "market", "symbol", "is_it"),
    [
        ("005930", "KR", "005930", True),
        ("005930", "KR", "A005930", True),
        ("A005930", "KR", "005930", True),
        ("005930.KS", "KR", "005930", True),
        ("KR7005930003", "KR", "005930", True),
        ("삼성전자", "KR", "005930", True),
        ("KR6095572D81", "domestic_bond", "KR6095572D81", True),
        ("101W12", "domestic_futureoption", "101W12", True),
        ("NYSE:BRK.B", "US", "BRK/B", True),
        ("NYSE:BRK.B", "US", "BRK-B", True),
        ("NAS:AAPL", "US", "AAPL", True),
        ("Apple", "overseas", "aapl", True),
        ("HK:700", "HK", "00700", True),
        ("HK:00700", "HK", "700", True),
        ("KR:000660", "CN", "000660", False),
        ("000660", "JP", "000660", False),
        ("NAS:AAPL", "KR", "AAPL", False),
        ("HK:700", "JP", "00700", False),
        ("삼성전자", "overseas", "005930", False),
    ],
)
def test_a_listed_instrument_is_found_however_it_and_the_order_are_written(
    entry: str, market: str, symbol: str, is_it: bool
) -> None:
    facts = ordering(market=market, symbol=symbol)
    denied = denied_symbols([entry], builtin_instruments())
    assert ("symbol_is_allowed" in refusing(replace(facts, limits=replace(CAPS, denied_symbols=denied)))) is is_it
    if entry != "101W12":
        allowed = allowed_symbols([entry], builtin_instruments())
        refused = refusing(replace(facts, limits=replace(CAPS, allowed_symbols=allowed)))
        assert ("symbol_is_allowed" in refused) is not is_it


@pytest.mark.parametrize(
    ("market", "listed", "symbol"),
    [("domestic_bond", "KR6095572D81", "6095572D8"), ("domestic_futureoption", "101W12", "KR4101W12008")],
)
def test_the_long_and_the_short_form_of_a_code_are_both_denied_and_only_the_listed_one_is_allowed(
    market: str, listed: str, symbol: str
) -> None:
    facts, lists = ordering(market=market, symbol=symbol), frozenset({ListedSymbol(market, listed)})
    assert "symbol_is_allowed" in refusing(replace(facts, limits=replace(CAPS, denied_symbols=lists)))
    assert "symbol_is_allowed" in refusing(replace(facts, limits=replace(CAPS, allowed_symbols=lists)))


@pytest.mark.parametrize("cap", ["max_notional", "max_quantity"])
def test_in_real_a_missing_cap_refuses(cap: str) -> None:
    limits = replace(CAPS, **{cap: None})
    assert refusing(replace(REAL, limits=limits)) == ["caps_are_set"]
    assert check_order(replace(FACTS, limits=limits)) == []
    assert check_order(replace(changing(Action.CANCEL, REAL), limits=limits)) == []


@given(QUANTITIES, QUANTITIES)
def test_the_quantity_cap_is_inclusive(quantity: Decimal, cap: Decimal) -> None:
    facts = replace(ordering(quantity=quantity), limits=OrderLimits(max_quantity=cap))
    assert refusing(facts) == (["quantity_cap"] if quantity > cap else [])


@given(QUANTITIES, QUANTITIES)
def test_the_notional_cap_is_inclusive_and_in_won(amount: Decimal, cap: Decimal) -> None:
    facts = replace(ordering(amount_krw=amount, amount=Decimal(1)), limits=OrderLimits(max_notional=cap))
    assert refusing(facts) == (["notional_cap"] if amount > cap else [])


@given(st.integers(0, 20), st.integers(1, 10))
def test_as_many_orders_a_day_go_out_as_the_cap_says(sent: int, cap: int) -> None:
    facts = replace(FACTS, limits=replace(CAPS, max_orders_per_day=cap), sent_today=sent)
    assert refusing(facts) == (["orders_per_day"] if sent >= cap else [])


@pytest.mark.parametrize("last", [None, 0, -1])
def test_a_collar_around_no_price_warns_and_in_real_refuses(last: int | None) -> None:
    price = None if last is None else Decimal(last)
    facts = replace(FACTS, limits=replace(CAPS, price_collar=Decimal(10)), last_price=price)
    assert (refusing(facts), warning(facts)) == ([], ["price_collar"])
    assert refusing(replace(facts, environment=Environment.REAL)) == ["price_collar"]


@given(st.sampled_from([Decimal(0), Decimal(-1), Decimal("-0.5"), None]))
def test_a_quantity_is_above_zero(quantity: Decimal | None) -> None:
    assert refusing(ordering(quantity=quantity)) == ["quantity_is_positive"]


def test_a_change_may_leave_the_quantity_to_what_remains_if_that_can_be_told() -> None:
    change = changing(Action.MODIFY, quantity=None)
    assert check_order(change, before_asking_kis=True) == []
    assert warning(change) == ["quantity_can_be_told"]
    assert refusing(replace(change, environment=Environment.REAL)) == ["quantity_can_be_told"]


@pytest.mark.parametrize(("remaining", "refused"), [(10, []), (9, ["quantity_remains"]), (0, ["quantity_remains"])])
def test_no_more_is_changed_than_remains(remaining: int, refused: list[str]) -> None:
    assert refusing(replace(changing(Action.CANCEL), remaining=Decimal(remaining))) == refused


@pytest.mark.parametrize("action", [Action.MODIFY, Action.CANCEL])
def test_a_change_names_its_original(action: Action) -> None:
    assert refusing(ordering(action=action)) == ["original_is_named"]


@pytest.mark.parametrize("market", ["KR", "US", "JP"])
def test_where_an_api_has_no_order_types_its_orders_are_limit_orders(market: str) -> None:
    assert refusing(changing(Action.MODIFY, market=market, order_type=None, price=None)) == ["price_fits_order_type"]
    assert check_order(changing(Action.MODIFY, market="overseas_futureoption", order_type=None, price=None)) == []


def test_a_value_that_cannot_be_told_warns_and_in_real_refuses() -> None:
    assert warning(ordering(amount_krw=None)) == ["notional_cap"]
    assert refusing(ordering(REAL, amount_krw=None)) == ["notional_cap"]


@given(
    st.builds(
        Order,
        action=st.just(Action.CANCEL),
        market=st.just("KR"),
        quantity=st.none() | QUANTITIES,
        original_order_id=st.just("7"),
    )
)
def test_a_cancel_passes_every_cap(order: Order) -> None:
    assert check_order(replace(REAL, order=order, limits=OrderLimits(allow_real_orders=True))) == []


@pytest.mark.parametrize("order_type", sorted(PRICED))
def test_priced_types_need_a_price(order_type: str) -> None:
    assert "price_fits_order_type" in refusing(ordering(order_type=order_type, price=None))


def test_a_bond_order_needs_a_price() -> None:
    assert "price_fits_order_type" in refusing(ordering(market="domestic_bond", order_type=None, price=None))


@pytest.mark.parametrize("order_type", sorted(UNPRICED))
def test_unpriced_types_take_none(order_type: str) -> None:
    stop = Decimal(70_000) if order_type in STOPS else None
    assert refusing(ordering(order_type=order_type, stop_price=stop)) == ["price_fits_order_type"]
    assert check_order(ordering(order_type=order_type, price=None, stop_price=stop)) == []


@pytest.mark.parametrize("stop_price", [0, -1])
def test_a_stop_is_set_off_by_a_price_above_0(stop_price: int) -> None:
    stop = ordering(order_type="stop", price=None, stop_price=Decimal(stop_price))
    assert refusing(stop) == ["stop_price_fits_order_type"]


def test_every_stock_order_type_of_the_table_is_known_or_meant_to_be_open() -> None:
    words = {
        word
        for api in (*CATALOG.category("domestic_stock"), *CATALOG.category("overseas_stock"))
        if api.risk == "order" and (parameter := api.parameter("order_type"))
        for word in parameter.codes or {}
    }
    assert words - PRICED - UNPRICED == {"twap", "vwap"}


@given(st.integers(1, 2_000_000).map(Decimal), st.sampled_from(["stock", "etf"]))
def test_a_krx_price_passes_exactly_on_its_tick(price: Decimal, kind: str) -> None:
    facts = replace(ordering(price=price), kind=kind)  # pyright: ignore[reportArgumentType]
    off = bool(price % krx_tick(price, kind))  # pyright: ignore[reportArgumentType]
    assert refusing(facts) == (["price_on_tick"] if off else [])


def test_where_the_kind_is_unknown_a_fund_price_only_warns() -> None:
    unknown = replace(FACTS, kind=None)
    assert warning(replace(unknown, order=replace(ORDER, price=Decimal(70005)))) == ["price_on_tick"]
    assert refusing(replace(unknown, order=replace(ORDER, price=Decimal(70001)))) == ["price_on_tick"]


@pytest.mark.parametrize(
    ("price", "passes"), [("233.15", True), ("233.155", False), ("0.1234", True), ("0.12345", False)]
)
def test_us_prices_are_in_cents_and_finer_under_a_dollar(price: str, passes: bool) -> None:
    assert (check_order(ordering(market="US", currency="USD", price=Decimal(price))) == []) is passes


def earlier(status: Status = Status.ACCEPTED, *, seconds: float = 10, key: str | None = None) -> Record:
    at = NOW - timedelta(seconds=seconds)
    intent = Intent(
        id="1",
        at=at,
        environment=Environment.SIM,
        account="",
        account_id="",
        tool="",
        arguments={},
        order=ORDER,
        fingerprint="f",
        idempotency_key=key,
    )
    return Record(intent=intent, status=status, sent_at=at if status not in (Status.PROPOSED,) else None)


@pytest.mark.parametrize(
    ("record", "refused"),
    [
        (earlier(seconds=59), True),
        (earlier(seconds=60), False),
        (earlier(Status.UNKNOWN, seconds=3600), True),
        (earlier(Status.PROPOSED), False),
        (earlier(Status.REJECTED), False),
        (earlier(Status.NOT_SENT), False),
    ],
)
def test_the_same_order_is_a_duplicate_for_a_minute_or_while_unknown(record: Record, refused: bool) -> None:
    assert refusing(replace(FACTS, same=[record])) == (["not_a_duplicate"] if refused else [])


def test_another_key_makes_a_duplicate_a_warning() -> None:
    assert warning(replace(FACTS, same=[earlier(key="a")], idempotency_key="b")) == ["not_a_duplicate"]


def test_a_refusal_names_every_reason_the_field_and_the_remedies() -> None:
    error = refusal(check_order(ordering(quantity=Decimal(1000), price=Decimal(70050))))
    assert error is not None
    assert error.field == "quantity"
    assert "at most 100 (KIS_MAX_ORDER_QUANTITY)" in error.what
    assert "70,000 or 70,100" in error.remedy


@pytest.mark.parametrize(
    ("order_type", "stop_price", "action", "refused"),
    [
        ("stop_limit", None, Action.NEW, True),
        ("stop_limit", Decimal(71000), Action.NEW, False),
        ("stop_limit", None, Action.MODIFY, False),
        ("limit", Decimal(71000), Action.NEW, True),
    ],
)
def test_a_stop_price_goes_with_stop_orders_alone(
    order_type: str, stop_price: Decimal | None, action: Action, refused: bool
) -> None:
    facts = ordering(order_type=order_type, stop_price=stop_price, action=action, original_order_id="7")
    assert refusing(facts) == (["stop_price_fits_order_type"] if refused else [])
