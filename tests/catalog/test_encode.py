from collections.abc import Callable
from dataclasses import replace
from datetime import date, time
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from kis_mcp.account import Account
from kis_mcp.catalog.encode import encode
from kis_mcp.catalog.gateway import KisRequest
from kis_mcp.catalog.loader import Catalog
from kis_mcp.catalog.model import Api, Parameter
from kis_mcp.errors import BadArgument, CredentialsError, NotInEnvironment
from tests.catalog.conftest import SMALL_TABLE

FindApi = Callable[[str], Api]
TODAY = date(2026, 5, 31)
ACCOUNT = Account("50000001", "01")
ORDER: dict[str, object] = {"country": "us", "side": "buy", "quantity": 3}
SMALL = Catalog(SMALL_TABLE)


def encoded(
    api: Api,
    values: dict[str, object],
    *,
    demo: bool = False,
    account: Account | None = ACCOUNT,
    page: dict[str, str] | None = None,
) -> KisRequest:
    return encode(api, values, demo=demo, account=account, today=TODAY, page=page)


def test_words_become_codes_and_constants_are_added(api: FindApi) -> None:
    request = encoded(api("quote"), {"market": "nxt", "symbol": "005930", "adjusted": True})
    assert request == KisRequest(
        method="GET",
        path="/quote",
        tr_id="Q1",
        elements={
            "FID_SCR": "20171",
            "FID_DAY": "20260531",
            "FID_MRKT": "NX",
            "FID_INPUT_ISCD": "005930",
            "FID_ADJ": "0",
        },
    )


def test_account_elements_come_from_the_settings(api: FindApi) -> None:
    request = encoded(api("order"), ORDER | {"price": Decimal("1E+2"), "at": time(9, 5)})
    assert request.method == "POST"
    assert request.elements == {
        "CANO": "50000001",
        "ACNT_PRDT_CD": "01",
        "EXCG": "",
        "NATN": "840",
        "QTY": "3",
        "UNPR": "100",
        "AT": "090500",
    }


def test_an_argument_left_out_sends_its_blank_or_nothing(api: FindApi) -> None:
    elements = encoded(api("order"), ORDER | {"country": "hk"}).elements
    assert elements["UNPR"] == "0"
    assert "AT" not in elements
    assert elements["NATN"] == ""


@pytest.mark.parametrize(
    ("blank", "text"), [("$today", "20260531"), ("$today-31", "20260430"), ("$now", "101500"), ("$last_year", "2025")]
)
def test_a_blank_may_stand_for_a_day_or_a_time(api: FindApi, blank: str, text: str) -> None:
    undated = replace(api("quote"), parameters=(Parameter("day", "string", "", element="DAY", blank=blank),))
    request = encode(undated, {}, demo=False, account=None, today=TODAY, now=time(10, 15))
    assert request.elements["DAY"] == text


def test_a_prefix_goes_before_a_given_value_only(api: FindApi) -> None:
    parameter = Parameter("day", "date", "", element="DAY", prefix="00")
    dated = replace(api("quote"), parameters=(parameter,))
    assert encoded(dated, {"day": TODAY}).elements["DAY"] == "0020260531"
    assert encoded(dated, {}).elements["DAY"] == ""


def test_one_value_may_fill_several_elements(api: FindApi) -> None:
    parameter = Parameter("day", "date", "", element="FROM", same=("TO",), blank="$today")
    dated = replace(api("quote"), parameters=(parameter,), constants={})
    assert encoded(dated, {"day": date(2026, 1, 2)}).elements == {"FROM": "20260102", "TO": "20260102"}
    assert encoded(dated, {}).elements == {"FROM": "20260531", "TO": "20260531"}


def test_one_value_is_repeated_for_each_item_of_the_list_it_pairs_with(api: FindApi) -> None:
    symbols = Parameter("symbols", "symbol", "", element="ISCD_{n}", is_list=True)
    market = Parameter("market", "enum", "", element="MRKT_{n}", codes={"krx": "J"}, pairs_with="symbols")
    several = replace(api("quote"), parameters=(symbols, market), constants={})
    request = encoded(several, {"symbols": ["005930", "000660"], "market": "krx"})
    assert request.elements == {"ISCD_1": "005930", "ISCD_2": "000660", "MRKT_1": "J", "MRKT_2": "J"}


def test_a_missing_account_names_what_to_set(api: FindApi) -> None:
    with pytest.raises(CredentialsError, match="KIS_ACCT_STOCK"):
        encoded(api("order"), ORDER, account=None)


def test_a_list_fills_numbered_elements_and_their_count(api: FindApi) -> None:
    elements = encoded(api("many"), {"symbols": ["005930", "000660"], "markets": ["krx", "nxt"]}).elements
    assert elements == {"ISCD_01": "005930", "ISCD_02": "000660", "CNT": "2", "MRKT_01": "J", "MRKT_02": "NX"}


@pytest.mark.parametrize(("country", "side", "tr_id"), [("us", "buy", "B1"), ("hk", "sell", "S1"), ("jp", "buy", "B2")])
def test_arguments_choose_the_tr(api: FindApi, country: str, side: str, tr_id: str) -> None:
    assert encoded(api("order"), ORDER | {"country": country, "side": side}).tr_id == tr_id


def test_a_combination_that_no_tr_offers_is_refused(api: FindApi) -> None:
    with pytest.raises(BadArgument, match="country jp, side sell") as raised:
        encoded(api("order"), ORDER | {"country": "jp", "side": "sell"})
    assert raised.value.field == "side"
    assert "us buy" in raised.value.remedy


def test_a_combination_that_only_real_offers_is_refused_in_demo(api: FindApi) -> None:
    with pytest.raises(NotInEnvironment, match="us buy"):
        encoded(api("order"), ORDER | {"country": "jp"}, demo=True)


@pytest.mark.parametrize(
    ("day", "tr_id"), [(date(2026, 3, 1), "F1"), (date(2026, 2, 28), "F2"), (date(2025, 1, 1), "F2"), (TODAY, "F1")]
)
def test_age_counts_months_back_from_today(api: FindApi, day: date, tr_id: str) -> None:
    assert encoded(api("fills"), {"start_date": day, "end_date": TODAY, "side": "all"}).tr_id == tr_id


def test_a_following_page_repeats_the_keys_under_the_header(api: FindApi) -> None:
    values: dict[str, object] = {"start_date": TODAY, "end_date": TODAY, "side": "all"}
    first = encoded(api("fills"), values)
    assert (first.tr_cont, first.elements["CTX_AREA_FK100"]) == ("", "")
    second = encoded(api("fills"), values, page={"CTX_AREA_FK100": "A", "CTX_AREA_NK100": "B"})
    assert (second.tr_cont, second.elements["CTX_AREA_FK100"]) == ("N", "A")


def test_key_paging_leaves_the_header_empty(api: FindApi) -> None:
    request = encoded(api("keyed"), {"month": "2026-05"}, page={"KEYB": "7"})
    assert request.tr_cont == ""
    assert request.elements == {"FID_INPUT_ISCD": "", "YM": "202605", "KEYB": "7"}


def test_a_switch_is_on_where_its_argument_is_given(api: FindApi) -> None:
    values: dict[str, object] = {"start_date": TODAY, "end_date": TODAY, "side": "buy"}
    assert encoded(api("fills"), values).elements["BY_ODNO"] == ""
    assert encoded(api("fills"), values | {"order_number": "7"}).elements["BY_ODNO"] == "1"


def test_demo_has_codes_and_trs_of_its_own(api: FindApi) -> None:
    request = encoded(api("fills"), {"start_date": TODAY, "end_date": TODAY, "side": "all"}, demo=True)
    assert (request.tr_id, request.elements["SIDE"]) == ("VF1", "")


def test_demo_refuses_what_it_lacks_and_names_what_to_use(api: FindApi) -> None:
    with pytest.raises(NotInEnvironment, match="one by one"):
        encoded(api("many"), {"symbols": ["005930"]}, demo=True)
    with pytest.raises(NotInEnvironment, match="In demo use krx") as raised:
        encoded(api("quote"), {"market": "nxt", "symbol": "005930"}, demo=True)
    assert raised.value.field == "market"


@given(
    st.fixed_dictionaries(
        {
            "country": st.sampled_from(["us", "hk"]),
            "side": st.sampled_from(["buy", "sell"]),
            "quantity": st.integers(1, 10**15),
        },
        optional={
            "price": st.decimals(0, 10**9, allow_nan=False, allow_infinity=False),
            "at": st.times(),
        },
    )
)
def test_every_order_encodes_to_the_documented_elements_as_plain_text(values: dict[str, object]) -> None:
    order = SMALL.find("domestic_stock_order")
    assert order is not None
    elements = dict(encoded(order, values).elements)
    assert elements.pop("AT", None) is not None or "at" not in values
    assert elements.keys() == {"CANO", "ACNT_PRDT_CD", "EXCG", "NATN", "QTY", "UNPR"}
    assert all(isinstance(text, str) and "E+" not in text and "E-" not in text for text in elements.values())
    assert Decimal(elements["UNPR"]) == values.get("price", 0)
