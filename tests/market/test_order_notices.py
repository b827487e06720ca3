"""KIS' notices of own orders, as published in its documents, read into one form."""

from datetime import datetime, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, strategies as st

from kis_mcp.account import Account
from kis_mcp.catalog import AccountKind, Api, Frame, catalog
from kis_mcp.clock import KST
from kis_mcp.market.order_notices import NOTICE_TOOLS, OrderNotice, ReadNotices, read_order_notices

AT = datetime(2026, 3, 3, 9, 49, 42, tzinfo=KST)
STOCK = Account("12345678", "01")
ACCOUNTS: dict[AccountKind, Account] = {
    "stock": STOCK,
    "pension": Account("12345678", "29"),
    "futures": Account("12345678", "03"),
    "overseas_futures": Account("12345678", "08"),
}
KR, ABROAD = "domestic_stock_ccnl_notice", "overseas_stock_ccnl_notice"

_SENT = "HTS ID^1234567801^0000002891^^02^0^01^0^136480^0000000001^000000000^094941^0"
ACCEPTANCE = f"{_SENT}^1^1^06010^000000001^김한투^하림^10^^하림^"
"""As KIS' document of H0STCNI0 gives it: of an older edition, with fewer fields than it lists."""

FILL = ACCEPTANCE.replace("^01^0^136480^0000000001^000000000", "^00^0^136480^0000000001^000003190").replace(
    "^0^1^1^06010", "^0^2^2^06010"
)


def api_of(tool: str) -> Api:
    found = catalog().find(tool)
    assert found is not None
    return found


def payload(tool: str, **values: str) -> str:
    """A record with KIS' fields in their order."""
    return "^".join(values.get(field.element, "") for field in api_of(tool).blocks[0].fields)


def read(tool: str, *records: str, accounts: dict[AccountKind, Account] | None = None) -> ReadNotices:
    frame = Frame("H0STCNI0", len(records), "^".join(records), AT)
    return read_order_notices(api_of(tool), frame, ACCOUNTS if accounts is None else accounts)


def one(tool: str, record: str) -> OrderNotice:
    found = read(tool, record)
    assert (found.problems, found.others) == ((), 0)
    (notice,) = found.notices
    return notice


def test_the_published_acceptance_of_a_korean_order_is_read() -> None:
    notice = one(KR, ACCEPTANCE)
    assert notice == OrderNotice(
        category="domestic_stock",
        accounts=(STOCK,),
        market="KR",
        exchange=notice.exchange,
        order_id="0000002891",
        branch="06010",
        original_order_id=None,
        action="new",
        event="accepted",
        symbol="136480",
        name=notice.name,
        side="buy",
        quantity=Decimal(1),
        kis_time=time(9, 49, 41),
        stamp="09:49:41",
        received_at=AT,
    )


def test_the_published_fill_of_a_korean_order_is_read() -> None:
    notice = one(KR, FILL)
    assert (notice.event, notice.fill_quantity, notice.fill_price, notice.quantity, notice.price) == (
        "filled",
        Decimal(1),
        Decimal(3190),
        Decimal(1),
        None,
    )


ABROAD_ACCEPTED = {
    "CUST_ID": "abcd1234",
    "ACNT_NO": "12345678",
    "ODER_NO": "3567",
    "SELN_BYOV_CLS": "02",
    "RCTF_CLS": "0",
    "ODER_KIND2": "1",
    "STCK_SHRN_ISCD": "7203",
    "CNTG_QTY": "0000000100",
    "CNTG_UNPR": "000032200",
    "RFUS_YN": "0",
    "CNTG_YN": "1",
    "ACPT_YN": "1",
    "CNTG_ISNM": "도요타자동차",
    "ODER_COND": "D",
}
"""As KIS' document of H0GSCNI0 gives it."""


def test_the_published_acceptance_of_an_order_abroad_has_its_quantity_and_price_where_a_fill_has_its() -> None:
    notice = one(ABROAD, payload(ABROAD, **ABROAD_ACCEPTED))
    assert (notice.market, notice.exchange, notice.quantity, notice.price) == ("JP", "tokyo", 100, Decimal("3220"))
    assert (notice.fill_quantity, notice.fill_price, notice.accounts, notice.kis_time) == (None, None, (STOCK,), None)


@pytest.mark.parametrize(
    ("exchange", "price", "market", "expected"),
    [
        ("6", "001480100", "US", "148.01"),
        ("D", "000032200", "JP", "3220"),
        ("4", "000350500", "HK", "350.5"),
        ("A", "001700000", "CN", "1700"),
        ("F", "000061500", "VN", "61500"),
        ("6", "148.0100", "US", "148.0100"),
        ("?", "001480100", "overseas", None),
    ],
)
def test_the_price_of_a_fill_abroad_gets_its_decimal_point_by_country(
    exchange: str, price: str, market: str, expected: str | None
) -> None:
    values = ABROAD_ACCEPTED | {"CNTG_YN": "2", "ACPT_YN": "2", "ODER_COND": exchange, "CNTG_UNPR": price}
    notice = one(ABROAD, payload(ABROAD, **values | {"ODER_QTY": "100", "CNTG_QTY": "40"}))
    assert (notice.market, notice.fill_price) == (market, Decimal(expected) if expected else None)
    assert (notice.event, notice.fill_quantity, notice.quantity) == ("filled", 40, 100)


NIGHT_OPTION = "domestic_fo_krx_ngt_option_notice"
CONTRACT = {
    "CUST_ID": "HTS_ID",
    "ACNT_NO": "1234567803",
    "ODER_NO": "0000000021",
    "OODER_NO": "0000000021",
    "SELN_BYOV_CLS": "02",
    "RCTF_CLS": "0",
    "ODER_KIND2": "L",
    "STCK_SHRN_ISCD": "175V06",
    "CNTG_QTY": "0000000001",
    "CNTG_UNPR": "000135900",
    "STCK_CNTG_HOUR": "100422",
    "RFUS_YN": "0",
    "CNTG_YN": "1",
    "ACPT_YN": "1",
    "BRNC_NO": "00000",
    "ODER_QTY": "000000001",
    "CNTG_ISNM": "미국달러F2406",
    "ODER_COND": "0",
}
"""As KIS' document of H0EUCNI0 gives it."""


def test_an_order_that_names_itself_as_its_original_has_none_and_a_price_without_its_point_is_left_out() -> None:
    notice = one(NIGHT_OPTION, payload(NIGHT_OPTION, **CONTRACT))
    assert (notice.category, notice.market) == ("domestic_futureoption", "domestic_futureoption")
    assert (notice.order_id, notice.original_order_id) == ("0000000021", None)
    assert (notice.quantity, notice.price) == (1, None)
    with_point = one(NIGHT_OPTION, payload(NIGHT_OPTION, **CONTRACT | {"CNTG_UNPR": "1359.00"}))
    assert with_point.price == Decimal("1359.00")


@pytest.mark.parametrize(
    ("values", "action", "event"),
    [
        ({"ACPT_YN": "1"}, "new", "accepted"),
        ({"ACPT_YN": "2"}, "new", "confirmed"),
        ({"ACPT_YN": "3"}, "new", "lapsed"),
        ({"RFUS_YN": "1"}, "new", "rejected"),
        ({"RCTF_CLS": "1", "ACPT_YN": "2", "OODER_NO": "20"}, "modify", "confirmed"),
        ({"RCTF_CLS": "2", "ACPT_YN": "2", "OODER_NO": "20"}, "cancel", "confirmed"),
        ({"RCTF_CLS": "2", "RFUS_YN": "1", "OODER_NO": "20"}, "cancel", "rejected"),
        ({"CNTG_YN": "2", "ACPT_YN": "2"}, "new", "filled"),
    ],
)
def test_what_happened_is_told_by_the_flags(values: dict[str, str], action: str, event: str) -> None:
    notice = one(NIGHT_OPTION, payload(NIGHT_OPTION, **CONTRACT | values))
    assert (notice.action, notice.event) == (action, event)
    assert notice.original_order_id == values.get("OODER_NO")


FUTURE_ABROAD = {
    "USER_ID": "HTS_ID",
    "ACCT_NO": "1234567808",
    "ORD_DT": "20260303",
    "ODNO": "00001234",
    "SERIES": "ESM26",
    "RVSE_CNCL_DVSN_CD": "00",
    "SLL_BUY_DVSN_CD": "01",
    "PRCE_TP": "1",
    "FM_EXCG_RCIT_DVSN_CD": "02",
    "ORD_QTY": "3",
    "FM_LMT_PRIC": "5100.25",
    "TOT_CCLD_QTY": "2",
    "CCNO": "77",
    "CCLD_QTY": "1",
    "FM_CCLD_PRIC": "5101.50",
}


def test_overseas_futures_tell_of_orders_and_of_fills_apart_and_number_the_fills() -> None:
    order = one("overseas_fo_order_notice", payload("overseas_fo_order_notice", **FUTURE_ABROAD))
    assert (order.event, order.quantity, order.price, order.side) == ("confirmed", 3, Decimal("5100.25"), "sell")
    fill = one("overseas_fo_ccnl_notice", payload("overseas_fo_ccnl_notice", **FUTURE_ABROAD))
    assert (fill.event, fill.fill_quantity, fill.fill_price) == ("filled", 1, Decimal("5101.50"))
    assert (fill.filled_so_far, fill.fill_id, fill.market) == (2, "77", "overseas_futureoption")


def test_notices_for_other_accounts_of_the_customer_are_only_counted() -> None:
    foreign = ACCEPTANCE.replace("1234567801", "9934567801")
    other_product = ACCEPTANCE.replace("1234567801", "1234567822")
    found = read(KR, foreign, ACCEPTANCE, other_product)
    assert [notice.order_id for notice in found.notices] == ["0000002891"]
    assert (found.others, found.problems) == (2, ())
    assert "99345678" not in repr(found)


def test_a_number_without_its_product_may_be_of_each_account_that_trades_there() -> None:
    found = read(KR, ACCEPTANCE.replace("1234567801", "12345678"))
    assert found.notices[0].accounts == (STOCK, Account("12345678", "29"))


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (ACCEPTANCE.replace("0000002891", ""), "it has no order_id"),
        (ACCEPTANCE.replace("^02^0^01", "^09^0^01"), "it has no side"),
        (ACCEPTANCE.replace("^0^1^1^06010", "^0^^1^06010"), "it does not say what happened"),
        (FILL.replace("^0000000001^000003190", "^0000000000^000003190"), "it is of a fill, and says no quantity"),
        (FILL.replace("^0000000001^000003190", "^-000000005^000003190"), "it is of a fill, and says no quantity"),
    ],
)
def test_a_partial_notice_is_refused_in_words_and_the_others_of_its_frame_are_read(broken: str, why: str) -> None:
    found = read(KR, broken, ACCEPTANCE)
    assert [notice.order_id for notice in found.notices] == ["0000002891"]
    assert found.problems == (f"A notice of H0STCNI0 was not used: {why}.",)


def test_equal_notices_have_one_digest_whenever_they_came_and_different_ones_have_not() -> None:
    later = Frame("H0STCNI0", 1, FILL, AT.replace(hour=11))
    (again,) = read_order_notices(api_of(KR), later, ACCOUNTS).notices
    assert (again, again.digest) == (one(KR, FILL), one(KR, FILL).digest)
    assert one(KR, FILL.replace("094941", "094942")).digest != again.digest


@given(st.sampled_from(NOTICE_TOOLS), st.integers(-1, 3), st.text(alphabet="^0123456789NY.-가 ", max_size=300))
def test_nothing_that_comes_breaks_the_reading(tool: str, count: int, said: str) -> None:
    read_order_notices(api_of(tool), Frame("H0STCNI0", count, said, AT), ACCOUNTS)


_ODD = ["", "0", "1", "2", "3", "02", "-5", "1e9", "x", "2400", "(null)", "9" * 30]


@given(st.sampled_from(NOTICE_TOOLS), st.data())
def test_no_field_of_any_kind_breaks_the_reading(tool: str, data: st.DataObject) -> None:
    values: dict[str, Any] = {
        field.element: data.draw(st.sampled_from(_ODD))
        for field in api_of(tool).blocks[0].fields
        if field.type != "account"
    }
    accounts = {field.element: "1234567801" for field in api_of(tool).blocks[0].fields if field.type == "account"}
    frame = Frame("H0STCNI0", 1, payload(tool, **values | accounts), AT)
    for notice in read_order_notices(api_of(tool), frame, ACCOUNTS).notices:
        assert notice.event != "filled" or (notice.fill_quantity or 0) > 0
