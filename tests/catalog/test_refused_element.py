"""The element that KIS refuses is told as the argument of the tool that sent it."""

import pytest

from kis_mcp.catalog.loader import catalog
from kis_mcp.catalog.refused_element import name_argument
from kis_mcp.errors import BadArgument

PRICE, CASH = "domestic_stock_inquire_price", "domestic_stock_order_cash"


def refused(tool: str, message: str) -> BadArgument:
    error = BadArgument("KIS refused.", remedy="Correct it.", kis_code="OPSQ2001", kis_message=message)
    api = catalog().find(tool)
    assert api is not None
    name_argument(error, api)
    return error


@pytest.mark.parametrize(
    "message",
    [
        "ERROR : INPUT INVALID_CHECK_FID_INPUT_ISCD",
        "ERROR INPUT FIELD NOT FOUND [FID_INPUT_ISCD]",
        "INVALID_CHECK_fid_input_iscd",
    ],
)
def test_an_element_is_told_as_its_argument_after_kis_own_words(message: str) -> None:
    error = refused(PRICE, message)
    assert error.what == f"KIS says {message!r}: it does not accept symbol (FID_INPUT_ISCD) as given."
    assert error.remedy.startswith("For symbol give a symbol as text")
    assert error.field == "symbol"


def test_the_allowed_values_are_told() -> None:
    error = refused(PRICE, "ERROR : INPUT INVALID_CHECK_FID_COND_MRKT_DIV_CODE")
    assert error.field is not None
    api = catalog().find(PRICE)
    assert api is not None
    parameter = api.parameter(error.field)
    assert parameter is not None and parameter.codes
    assert all(word in error.remedy for word in parameter.codes)


@pytest.mark.parametrize("element", ["CANO", "ACNO", "ACNT_PRDT_CD"])
def test_the_account_leads_to_the_settings(element: str) -> None:
    error = refused(CASH, f"ERROR : INPUT INVALID_CHECK_{element}")
    assert "account" in error.what and "settings" in error.remedy
    assert error.field is None


def test_an_element_that_no_argument_fills_is_told_as_ours() -> None:
    error = refused(PRICE, "ERROR : INPUT INVALID_CHECK_SOMETHING")
    assert "SOMETHING" in error.what and "fault of kis-mcp" in error.remedy


@pytest.mark.parametrize("message", ["", "고객번호 오류", "INVALID"])
def test_other_words_change_nothing(message: str) -> None:
    assert refused(PRICE, message).what == "KIS refused."
