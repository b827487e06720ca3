"""What people who trade through KIS met, as they met it: a small input, and the right answer.

The cases and their sources lie beside the project, in ``shared/field-cases``; each has a test of its name here.
"""

import gzip
import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kis_mcp.settings.settings import Settings
from tests.cli.command import run
from tests.field_cases.conftest import Open
from tests.kis.fake_kis import TOKEN_PATH, Answered, Break, Seen

CASES = Path(__file__).parents[3] / "shared" / "field-cases" / "cases.json"

DOMESTIC, OVERSEAS = "/uapi/domestic-stock/v1", "/uapi/overseas-stock/v1"
BALANCE = f"{DOMESTIC}/trading/inquire-balance"
DAY_LIST = f"{DOMESTIC}/trading/inquire-daily-ccld"
ORDER_CASH = f"{DOMESTIC}/trading/order-cash"
RVSECNCL = f"{DOMESTIC}/trading/order-rvsecncl"
PRICE = f"{DOMESTIC}/quotations/inquire-price"
US_BALANCE = f"{OVERSEAS}/trading/inquire-balance"
PRESENT_BALANCE = f"{OVERSEAS}/trading/inquire-present-balance"
US_LIST = f"{OVERSEAS}/trading/inquire-ccnl"
US_ORDER = f"{OVERSEAS}/trading/order"

SAMSUNG = {"symbol": "005930", "side": "buy", "quantity": 1, "order_type": "limit", "price": 60_000}
OK = {"rt_cd": "0", "msg_cd": "MCA00000", "msg1": "정상처리 되었습니다."}
TAKEN = {**OK, "output": {"KRX_FWDG_ORD_ORGNO": "00950", "ODNO": "0000117057", "ORD_TMD": "103000"}}
NO_ROWS = {"rt_cd": "0", "msg_cd": "70070000", "msg1": "모의투자 조회할 내역(자료)이 없습니다."}
BLANK_DAY = {
    **NO_ROWS,
    "output1": [],
    "output2": {
        "tot_ord_qty": "1",
        "tot_ccld_qty": "1",
        "tot_ccld_amt": "70000",
        "prsm_tlex_smtl": "10",
        "pchs_avg_pric": "70000.0000",
    },
}


def korean_row(symbol: str, quantity: str, **more: str) -> dict[str, str]:
    return {
        "pdno": symbol,
        "prdt_name": "삼성전자",
        "hldg_qty": quantity,
        "ord_psbl_qty": "10",
        "pchs_avg_pric": "70000.0000",
        "pchs_amt": "700000",
        "prpr": "71000",
        "evlu_amt": "710000",
        "evlu_pfls_amt": "10000",
        "evlu_pfls_rt": "1.43",
        **more,
    }


def us_row(symbol: str, quantity: str, exchange: str = "AMEX") -> dict[str, str]:
    return {
        "ovrs_pdno": symbol,
        "ovrs_item_name": symbol,
        "ovrs_cblc_qty": quantity,
        "ord_psbl_qty": quantity,
        "pchs_avg_pric": "30.0000",
        "now_pric2": "31.0000",
        "ovrs_stck_evlu_amt": "651.00",
        "frcr_pchs_amt1": "630.00",
        "frcr_evlu_pfls_amt": "21.00",
        "evlu_pfls_rt": "3.33",
        "tr_crcy_cd": "USD",
        "ovrs_excg_cd": exchange,
    }


def present_row(symbol: str, quantity: str, **more: str) -> dict[str, str]:
    return {
        "pdno": symbol,
        "prdt_name": symbol,
        "ccld_qty_smtl1": quantity,
        "cblc_qty13": quantity,
        "ord_psbl_qty1": quantity,
        "avg_unpr3": "30.0000",
        "ovrs_now_pric1": "31.0000",
        "frcr_pchs_amt": "630.00",
        "frcr_evlu_amt2": "651.00",
        "evlu_pfls_amt2": "21.00",
        "evlu_pfls_rt1": "3.33",
        "buy_crcy_cd": "USD",
        "ovrs_excg_cd": "AMEX",
        **more,
    }


def listed(*rows: dict[str, str], summary: Any = None) -> dict[str, Any]:
    return {**OK, "output1": list(rows), "output2": {} if summary is None else summary}


def quantities(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {row["symbol"]: row.get("quantity") for row in rows}


@pytest.mark.skipif(not CASES.exists(), reason="the folder of cases is not beside this checkout")
def test_every_case_has_its_test() -> None:
    cases = {case["id"].lower() for case in json.loads(CASES.read_text("utf-8"))}
    tested = {match for name in globals() for match in re.findall(r"_([fru]\d+)(?=_)", name)}
    assert cases - tested == set()


async def test_f01_a_korean_balance_is_asked_for_by_the_one_code_that_kis_documents(case: Open) -> None:
    def only_01(request: Seen) -> dict[str, Any]:
        if request.query["INQR_DVSN"] == "02":
            return {"rt_cd": "2", "msg_cd": "OPSQ2001", "msg1": "ERROR : INPUT INVALID_CHECK_INQR_DVSN"}
        rows = korean_row("005930", "10", loan_dt="20260105"), korean_row("005930", "5", loan_dt="20260210")
        return listed(*rows, summary=[{"dnca_tot_amt": "1000000", "prvs_rcdl_excc_amt": "1000000"}])

    caps = {"max_open_positions": 5, "max_daily_loss": 1_000_000}
    async with case("real", {BALANCE: only_01}, **caps) as kis:
        await kis.call("get_balance")
        positions = await kis.call("get_positions", market="kr")
        exposure = await kis.call("get_exposure")
        assert quantities(positions["positions"]) == {"005930": 15}
        assert quantities([row for row in exposure["instruments"] if row["symbol"] == "005930"]) == {"005930": 15}
        await kis.call("call_read_tool", name="domestic_stock_inquire_balance", arguments={})
        assert {sent["INQR_DVSN"] for sent in kis.kis.sent_to(BALANCE)} == {"01"}


async def test_f02_an_order_whose_list_contradicts_itself_stays_unknown(case: Open) -> None:
    def takes_and_cuts(request: Seen) -> Break:
        return Break.RESET

    async with case("demo", {ORDER_CASH: takes_and_cuts, DAY_LIST: BLANK_DAY}) as kis:
        lost = await kis.fail("place_order", **SAMSUNG)
        assert lost["class"] == "order_state_unknown"
        found = re.search(r"[0-9A-HJKMNP-TV-Z]{26}", json.dumps(lost))
        assert found
        kis.clock.pass_by(3_600)
        (status,) = (await kis.call("get_order_status", intent_id=found[0]))["orders"]
        assert status["state"] == "unknown"
        assert not status["is_final"]
        asked = len(kis.person.asked)
        kis.person.action = "decline"
        again = await kis.fail("place_order", **SAMSUNG)
        assert len(kis.kis.sent_to(ORDER_CASH)) == 1
        assert again["class"] == "order_refused"
        assert len(kis.person.asked) == asked or found[0] in kis.person.asked[-1] or "unknown" in kis.person.asked[-1]


async def test_f03_an_order_that_kis_list_leaves_out_is_cancelled_and_changed_by_the_journal(case: Open) -> None:
    async with case("demo", {ORDER_CASH: TAKEN, DAY_LIST: BLANK_DAY, RVSECNCL: TAKEN}) as kis:
        await kis.call("place_order", **SAMSUNG)
        orders = await kis.call("get_orders")
        assert [order["order_id"].lstrip("0") for order in orders["orders"]] == ["117057"]
        assert any("list" in note for note in kis.notes)
        await kis.call("modify_order", order_id="0000117057", price=59_900)
        await kis.call("cancel_order", order_id="0000117057")
        for sent in kis.kis.sent_to(RVSECNCL):
            assert (sent["ORGN_ODNO"], sent["KRX_FWDG_ORD_ORGNO"]) == ("0000117057", "00950")
            assert sent.get("EXCG_ID_DVSN_CD", "KRX") in ("KRX", "")
        assert len(kis.kis.sent_to(RVSECNCL)) == 2


async def test_f04_a_fraction_of_a_share_is_shown(case: Open) -> None:
    stubs = {
        US_BALANCE: listed(us_row("SOXL", "21"), us_row("NKE", "0.012638", "NYSE")),
        PRESENT_BALANCE: {
            **OK,
            "output1": [present_row("SOXL", "21"), present_row("NKE", "0.012638", ovrs_excg_cd="NYSE")],
            "output2": [],
            "output3": {},
        },
    }
    async with case("real", stubs) as kis:
        held = await kis.call("get_positions", market="us")
        assert quantities(held["positions"]) == {"SOXL": 21, "NKE": pytest.approx(0.012638)}
        exposure = await kis.call("get_exposure")
        assert quantities(exposure["instruments"])["NKE"] == pytest.approx(0.012638)


async def test_f06_a_quantity_that_cannot_be_read_is_unknown_and_said(case: Open) -> None:
    rows = korean_row("005930", "10"), korean_row("000660", ""), korean_row("035420", "-")
    async with case("real", {BALANCE: listed(*rows, summary=[{}])}) as kis:
        held = await kis.call("get_positions", market="kr")
        assert quantities(held["positions"]) == {"005930": 10, "000660": None, "035420": None}
        assert not kis.complete or any("000660" in note and "035420" in note for note in kis.notes)


async def test_f07_a_row_that_several_questions_tell_is_one_position(case: Open) -> None:
    async with case("demo", {US_BALANCE: listed(us_row("SOXL", "21"))}) as kis:
        held = await kis.call("get_positions", market="us")
        assert quantities(held["positions"]) == {"SOXL": 21}
        assert len(held["positions"]) == 1
        assert (await kis.call("get_balance", market="us"))["balances"][0]["stock_value"] == 651
        exposure = await kis.call("get_exposure")
        assert [row["symbol"] for row in exposure["instruments"]] == ["SOXL"]


async def test_f09_positions_of_every_country_are_told(case: Open) -> None:
    def only_hong_kong(request: Seen) -> dict[str, Any]:
        rows = [us_row("00700", "100", "SEHK") | {"tr_crcy_cd": "HKD"}]
        return listed(*(rows if request.query["OVRS_EXCG_CD"] == "SEHK" else []))

    present = present_row("00700", "100", buy_crcy_cd="HKD", ovrs_excg_cd="SEHK")
    stubs = {
        BALANCE: listed(summary=[{}]),
        US_BALANCE: only_hong_kong,
        PRESENT_BALANCE: {**OK, "output1": [present], "output2": [], "output3": {}},
    }
    async with case("real", stubs) as kis:
        held = await kis.call("get_positions")
        assert quantities(held["positions"]) == {"00700": 100}
        assert quantities((await kis.call("get_exposure"))["instruments"]) == {"00700": 100}


async def test_f11_the_element_that_kis_refuses_is_named(case: Open) -> None:
    refusal = {"rt_cd": "2", "msg_cd": "OPSQ2001", "msg1": "ERROR : INPUT INVALID_CHECK_FID_INPUT_ISCD"}
    async with case("real", {PRICE: refusal}) as kis:
        failure = await kis.fail("get_quote", symbol="005930")
        assert "INVALID_CHECK_FID_INPUT_ISCD" in failure["what"] + failure.get("kis_message", "")
        assert "symbol" in failure["what"] + failure["next_step"] + failure.get("field", "")
        assert "market code" not in failure["what"]


async def test_f12_a_halted_stock_exists_though_its_price_is_unknown(case: Open) -> None:
    halted = {
        "stck_prpr": "0",
        "stck_sdpr": "3150",
        "temp_stop_yn": "Y",
        "iscd_stat_cls_code": "58",
        "rprs_mrkt_kor_name": "KOSDAQ",
    }
    async with case("real", {PRICE: {**OK, "output": halted}}) as kis:
        quote = (await kis.call("get_quote", symbol="123456"))["quote"]
        assert quote["previous_close"] == 3_150
        assert quote.get("price") is None
        assert any("halt" in note.lower() for note in kis.notes)
        power = await kis.client.call_tool("get_buying_power", {"symbol": "123456"})
        assert "price" in json.dumps(power.structured_content)
        asked = kis.kis.sent_to(f"{DOMESTIC}/trading/inquire-psbl-order")
        assert all(sent["ORD_UNPR"] not in ("0", "") for sent in asked)


@pytest.mark.parametrize("encoding", ["cp949", "utf-16", "utf-8-sig"])
def test_f15_a_file_of_keys_in_another_encoding_is_read(
    encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "kis_devlp.yaml"
    path.write_bytes('# 모의 계좌\npaper_app: "a-key"\npaper_sec: "a-secret"\n'.encode(encoding))
    monkeypatch.setenv("KIS_CONFIG_FILE", str(path))
    assert Settings.load(env="demo").paper_app_key is not None


def test_f15_a_broken_file_does_not_stop_an_environment_that_needs_nothing_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "kis_devlp.yaml"
    path.write_text("my_app:\t'x'\n  - broken: [", "utf-8")
    monkeypatch.setenv("KIS_CONFIG_FILE", str(path))
    assert Settings.load(env="sim").environment == "sim"
    with pytest.raises(Exception, match=r"line \d+"):
        Settings.load(env="demo")


def test_f16_a_wrong_setting_ends_a_call_with_one_line(tmp_path: Path) -> None:
    result = run("call", "get_quote", '{"symbol": "005930"}', data_dir=tmp_path, KIS_ACCT_STOCK="1234")
    assert result.returncode == 2
    assert len(result.stderr.strip().splitlines()) == 1
    assert "KIS_ACCT_STOCK" in result.stderr


async def test_f18_raw_control_characters_in_json_are_read(case: Open) -> None:
    accepted = json.dumps(TAKEN, ensure_ascii=False).replace("정상처리", "정상\t처리").replace("\\t", "\t").encode()
    title = {"cntt_usiq_srno": "1", "hts_pbnt_titl_cntt": "TAB", "data_dt": "20260304", "data_tm": "103000"}
    news = json.dumps({**OK, "output": [title]}).replace("TAB", "a\tb\nc").encode()
    stubs = {f"{DOMESTIC}/quotations/news-title": Answered(news), ORDER_CASH: Answered(accepted)}
    async with case("real", stubs) as kis:
        found = await kis.call("call_read_tool", name="domestic_stock_news_title", arguments={})
        assert len(next(iter(found.values()))) == 1
        order = (await kis.call("place_order", **SAMSUNG))["order"]
        assert order["order_id"] == "0000117057"


async def test_u1_cash_that_kis_does_not_tell_is_said_to_be_unknown(case: Open) -> None:
    stubs = {
        PRESENT_BALANCE: {**OK, "output1": [], "output2": [], "output3": {}},
        US_BALANCE: listed(us_row("SOXL", "21")),
    }
    async with case("real", stubs) as kis:
        (balance,) = (await kis.call("get_balance", market="us"))["balances"]
        assert balance["stock_value"] == 651
        assert balance.get("cash") is None
        assert any("cash" in note for note in kis.notes)


async def test_u3_a_refusal_in_the_old_korean_encoding_is_read(case: Open) -> None:
    body = '{"rt_cd":"7","msg_cd":"APBK0919","msg1":"장운영일자가 주문일과 상이합니다"}'.encode("cp949")
    answer = Answered(body, 500, {"content-type": "application/json; charset=EUC-KR"})
    async with case("real", {ORDER_CASH: answer}) as kis:
        failure = await kis.fail("place_order", **SAMSUNG)
        assert failure["class"] == "order_rejected"
        assert failure["kis_message"] == "장운영일자가 주문일과 상이합니다"


async def test_u5_a_sliced_order_that_should_have_begun_is_not_sent_without_a_word(case: Open) -> None:
    order = {
        "symbol": "AAPL",
        "side": "buy",
        "quantity": 1,
        "order_type": "vwap",
        "price": 150.25,
        "algo_period": "between_times",
        "start_time": "00:01",
        "end_time": "00:30",
    }
    async with case("real") as kis:
        result = await kis.client.call_tool("place_order", order)
        said = json.dumps(result.structured_content, ensure_ascii=False) + "".join(kis.person.asked)
        assert "start_time" in said
        assert result.is_error or kis.person.asked


async def test_r01_a_quote_without_its_sector_is_a_quote(case: Open) -> None:
    async with case("real", {PRICE: {**OK, "output": {"stck_prpr": "70000", "stck_sdpr": "69000"}}}) as kis:
        assert (await kis.call("get_quote", symbol="002170"))["quote"]["price"] == 70_000


async def test_r03_odd_numbers_are_read_or_left_out(case: Open) -> None:
    odd = {
        "prdy_vrss": "-",
        "stck_oprc": "--",
        "acml_vol": " ",
        "stck_hgpr": "N/A",
        "stck_prpr": "1,234",
        "prdy_ctrt": "+0.35",
        "dmrs_val": "1",
        "w52_hgpr_date": "00000000",
        "w52_lwpr_date": "99999999",
    }
    async with case("real", {PRICE: {**OK, "output": odd}}) as kis:
        found = await kis.call(
            "call_read_tool", name="domestic_stock_inquire_price", arguments={"symbol": "005930", "fields": "all"}
        )
        price = found["price"]
        assert (price["price"], price["change_rate"]) == (1_234, 0.35)
        assert [price.get(name) for name in ("open_price", "volume", "high_price")] == [None, None, None]


async def test_r04_an_unfilled_order_has_no_fill_price(case: Open) -> None:
    row = {
        "ord_dt": "20260304",
        "odno": "0000000077",
        "sll_buy_dvsn_cd": "02",
        "pdno": "SOXL",
        "ft_ord_qty": "2",
        "ft_ccld_qty": "0",
        "nccs_qty": "2",
        "ft_ord_unpr3": "180.50000000",
        "ft_ccld_unpr3": "0",
        "ovrs_excg_cd": "AMEX",
        "dmst_ord_dt": "20260304",
        "thco_ord_tmd": "100000",
        "tr_crcy_cd": "USD",
    }
    async with case("real", {US_LIST: {**OK, "output": [row]}}) as kis:
        (order,) = (await kis.call("get_orders", market="us", status="open"))["orders"]
        assert Decimal(str(order["price"])) == Decimal("180.5")
        assert order.get("average_fill_price") is None


async def test_r06_a_holding_sold_to_the_last_share_is_no_position(case: Open) -> None:
    row = korean_row("005930", "0", pchs_amt="0", evlu_amt="0", evlu_pfls_amt="0", evlu_pfls_rt="0")
    summary = [{"pchs_amt_smtl_amt": "0", "evlu_pfls_smtl_amt": "0", "scts_evlu_amt": "0", "tot_evlu_amt": "100"}]
    async with case("real", {BALANCE: listed(row, summary=summary)}) as kis:
        (balance,) = (await kis.call("get_balance", market="kr"))["balances"]
        assert "profit_rate" not in balance
        assert (await kis.call("get_positions", market="kr"))["positions"] == []


@pytest.mark.parametrize(("environment", "tr_id"), [("demo", "VTTT1001U"), ("real", "TTTT1006U")])
async def test_r07_r10_a_us_sale_goes_out_under_its_own_tr(case: Open, environment: str, tr_id: str) -> None:
    held = listed(us_row("SOXL", "21"))
    taken = {**OK, "output": {"KRX_FWDG_ORD_ORGNO": "01790", "ODNO": "0000000077", "ORD_TMD": "103000"}}
    quote = {**OK, "output": {"last": "150.00", "base": "149.00", "ordy": "매도 가능", "zdiv": "4"}}
    stubs = {US_ORDER: taken, US_BALANCE: held, "/uapi/overseas-price/v1/quotations/price": quote}
    sale = {"symbol": "SOXL", "exchange": "amex", "side": "sell", "quantity": 1, "price": 150.25}
    async with case(environment, stubs, session_check="off") as kis:
        await kis.call("place_order", **sale)
        (sent,) = [seen for seen in kis.kis.seen if seen.path == US_ORDER]
        assert sent.headers["tr_id"] == tr_id
        assert sent.body["ORD_DVSN"] == "00"
        assert environment == "real" or sent.body["SLL_TYPE"] == "00"


async def test_r09_an_exchange_is_never_guessed(case: Open) -> None:
    def only_nasdaq(request: Seen) -> dict[str, Any]:
        blank = {"last": "", "base": "", "ordy": ""}
        return {**OK, "output": {"last": "60.0", "base": "59.0"} if request.query["EXCD"] == "NAS" else blank}

    order = {"symbol": "PYPL", "side": "buy", "quantity": 1, "price": 60}
    stubs = {"/uapi/overseas-price/v1/quotations/price": only_nasdaq}
    async with case("real", stubs, session_check="off") as kis:
        assert "exchange" in json.dumps(await kis.fail("place_order", **order))
        wrong = await kis.fail("place_order", **order, exchange="nyse")
        assert "PYPL" in wrong["what"]
        assert kis.kis.sent_to(US_ORDER) == []


@pytest.mark.parametrize(
    ("terms", "quantity"), [({"quantity": 30.0}, "30"), ({"price": 60_000.0}, "1"), ({"quantity": "30"}, "30")]
)
async def test_r12_numbers_however_written_go_out_as_kis_wants_them(
    case: Open, terms: dict[str, Any], quantity: str
) -> None:
    async with case("real", {ORDER_CASH: TAKEN}) as kis:
        kis.person.types = int(quantity)
        await kis.call("place_order", **SAMSUNG | terms)
        (sent,) = kis.kis.sent_to(ORDER_CASH)
        assert (sent["ORD_QTY"], sent["ORD_UNPR"]) == (quantity, "60000")


async def test_r13_what_kis_says_to_a_reservation_is_told(case: Open) -> None:
    text = "예약주문 은 16:40분 이후부터 익영업일 08:30분까지만 가능합니다."
    stubs = {f"{DOMESTIC}/trading/order-resv": {"rt_cd": "7", "msg_cd": "KIER3672", "msg1": text}}
    async with case("real", stubs, session_check="off") as kis:
        failure = await kis.fail("place_order", **SAMSUNG, session="reserved")
        assert failure["class"] == "order_rejected"
        assert text in failure["what"] + failure.get("kis_message", "")


@pytest.mark.parametrize(
    "output",
    [
        {"krx_fwdg_ord_orgno": "00950", "odno": "0000117057", "ord_tmd": "103000"},
        [{"KRX_FWDG_ORD_ORGNO": "00950", "ODNO": "0000117057", "ORD_TMD": "103000"}],
    ],
)
async def test_r15_the_number_of_an_order_is_kept_in_whatever_case_and_form(case: Open, output: Any) -> None:
    async with case("real", {ORDER_CASH: {**OK, "output": output}}) as kis:
        assert (await kis.call("place_order", **SAMSUNG))["order"]["order_id"] == "0000117057"


@pytest.mark.parametrize("order_id", ["0000117057", "117057"])
async def test_r16_a_cancel_names_the_orders_own_exchange_and_branch(case: Open, order_id: str) -> None:
    row = {
        "ord_dt": "20260304",
        "ord_gno_brno": "00950",
        "odno": "0000117057",
        "orgn_odno": "",
        "sll_buy_dvsn_cd": "02",
        "pdno": "005930",
        "ord_qty": "10",
        "ord_unpr": "70000",
        "ord_tmd": "101500",
        "tot_ccld_qty": "3",
        "rmn_qty": "7",
        "ord_dvsn_cd": "00",
        "excg_id_dvsn_cd": "NXT",
    }
    stubs = {DAY_LIST: {**OK, "output1": [row], "output2": {"tot_ord_qty": "10"}}, RVSECNCL: TAKEN}
    async with case("real", stubs) as kis:
        kis.person.types = 7
        await kis.call("cancel_order", order_id=order_id)
        (sent,) = kis.kis.sent_to(RVSECNCL)
        assert (sent["EXCG_ID_DVSN_CD"], sent["KRX_FWDG_ORD_ORGNO"]) == ("NXT", "00950")


async def test_r17_a_token_that_died_early_is_renewed_once(case: Open) -> None:
    tokens: list[str] = []

    def first_token_is_dead(request: Seen) -> Any:
        tokens.append(request.headers["authorization"])
        if tokens[0] == tokens[-1]:
            return Answered({"rt_cd": "1", "msg_cd": "EGW00123", "msg1": "기간이 만료된 token 입니다."}, 500)
        return {**OK, "output": {"stck_prpr": "70000", "stck_sdpr": "69000"}}

    issued: list[int] = []

    def issue(request: Seen) -> dict[str, Any]:
        issued.append(1)
        return {"access_token": f"token-{len(issued)}", "token_type": "Bearer", "expires_in": 86_400}

    async with case("real", {PRICE: first_token_is_dead, TOKEN_PATH: issue}, quote_cache_seconds=0) as kis:
        await kis.client.call_tool("get_quote", {"symbol": "005930"})
        kis.clock.pass_by(62)
        assert (await kis.call("get_quote", symbol="000660"))["quote"]["price"] == 70_000
        assert len(issued) == 2


@pytest.mark.parametrize("expiry", [{}, {"access_token_token_expired": "2026-03-04 09:30:00"}])
async def test_r19_a_token_without_a_usable_expiry_works(case: Open, expiry: dict[str, str]) -> None:
    token = {"access_token": "token-1", "token_type": "Bearer", **expiry}
    quote = {**OK, "output": {"stck_prpr": "70000", "stck_sdpr": "69000"}}
    async with case("real", {TOKEN_PATH: token, PRICE: quote}) as kis:
        await kis.call("get_quote", symbol="005930")
        await kis.call("get_quote", symbol="000660")
        assert len(kis.kis.sent_to(TOKEN_PATH)) == 1


@pytest.mark.parametrize("packed", [True, False])
async def test_r21_a_packed_or_marked_answer_is_read(case: Open, packed: bool) -> None:
    body = json.dumps({**OK, "output": {"stck_prpr": "70000", "stck_sdpr": "69000"}}, ensure_ascii=False)
    answer = (
        Answered(gzip.compress(body.encode()), headers={"content-encoding": "gzip"})
        if packed
        else Answered(body.encode("utf-8-sig"))
    )
    async with case("real", {PRICE: answer}) as kis:
        assert (await kis.call("get_quote", symbol="005930"))["quote"]["price"] == 70_000


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"quantity": 0.5}, "quantity"),
        ({"notional": 100}, "notional"),
        ({"symbol": "삼성전자"}, "symbol"),
        ({"side": "매수"}, "side"),
    ],
)
async def test_r22_a_wrong_argument_is_refused_before_the_network(
    case: Open, wrong: dict[str, Any], field: str
) -> None:
    async with case("real") as kis:
        failure = await kis.fail("place_order", **SAMSUNG | wrong)
        assert failure["class"] == "bad_argument"
        assert field in json.dumps(failure, ensure_ascii=False)
        assert failure["next_step"]
        assert kis.kis.sent_to(ORDER_CASH) == []


async def test_r24_demo_without_holdings_has_no_positions(case: Open) -> None:
    async with case("demo", {BALANCE: {**NO_ROWS, "output1": [], "output2": []}}) as kis:
        assert (await kis.call("get_positions", market="kr"))["positions"] == []


async def test_r25_with_demo_keys_alone_only_demo_is_asked(case: Open) -> None:
    async with case("demo", app_key=None, app_secret=None, url_rest="http://127.0.0.1:9") as kis:
        await kis.call("get_quote", symbol="005930")
        await kis.call("get_positions", market="kr")
        assert kis.kis.seen


@pytest.mark.parametrize(
    ("order", "lot"),
    [
        ({"symbol": "700", "market": "hk", "quantity": 50, "price": 500}, "100"),
        ({"symbol": "7203", "market": "jp", "quantity": 1, "price": 3_000}, "100"),
        ({"symbol": "VNM", "exchange": "ho_chi_minh", "quantity": 10, "price": 60_000}, "100"),
        ({"symbol": "600519", "exchange": "shanghai", "quantity": 10, "price": 1_500}, "100"),
    ],
)
async def test_r27_a_part_of_a_lot_is_refused_with_the_next_one(case: Open, order: dict[str, Any], lot: str) -> None:
    async with case("sim") as kis:
        failure = await kis.fail("place_order", side="buy", **order)
        assert lot in failure["what"] + failure["next_step"]


async def test_r28_orders_without_their_times_are_listed(case: Open) -> None:
    row = {
        "ord_dt": "20260304",
        "odno": "0000117057",
        "sll_buy_dvsn_cd": "02",
        "pdno": "005930",
        "ord_qty": "10",
        "ord_unpr": "70000",
        "ord_tmd": "",
        "tot_ccld_qty": "0",
        "rmn_qty": "10",
        "ord_dvsn_cd": "00",
        "excg_id_dvsn_cd": "KRX",
    }
    async with case("real", {DAY_LIST: {**OK, "output1": [row], "output2": {"tot_ord_qty": "10"}}}) as kis:
        assert len((await kis.call("get_orders", market="kr"))["orders"]) == 1


async def test_r30_a_holding_without_an_exchange_is_listed(case: Open) -> None:
    bond = present_row("BRSTNCLTN7S7", "10", buy_crcy_cd="BRL", ovrs_excg_cd="")
    stubs = {
        PRESENT_BALANCE: {**OK, "output1": [bond], "output2": [], "output3": {}},
        US_BALANCE: listed(us_row("SOXL", "21", "")),
    }
    async with case("real", stubs) as kis:
        assert "BRSTNCLTN7S7" in quantities((await kis.call("get_exposure"))["instruments"])
        assert (await kis.call("get_positions", market="us"))["positions"]


def test_r31_an_index_is_asked_for_by_kis_numbers() -> None:
    from kis_mcp.catalog.loader import catalog

    api = catalog().find("domestic_stock_inquire_index_price")
    assert api is not None
    parameter = api.parameter("index")
    assert parameter is not None
    assert "0001 KOSPI" in parameter.description
    assert "1001 KOSDAQ" in parameter.description
