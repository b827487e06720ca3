"""Whatever KIS answers becomes a reply or an error of ours."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kis_mcp.catalog.error_codes import known_codes
from kis_mcp.catalog.gateway import KisReply
from kis_mcp.errors import (
    BadArgument,
    CredentialsError,
    KisMcpError,
    KisUnavailable,
    NotInEnvironment,
    OrderRejected,
    OrderStateUnknown,
    RateLimited,
)
from kis_mcp.kis.errors import Answer, RequestError, read_reply, read_token

KINDS = {kind.kind for kind in (BadArgument, CredentialsError, KisUnavailable, NotInEnvironment, RateLimited)}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=5), children, max_size=3),
    max_leaves=6,
)
CODES = st.sampled_from([*known_codes(), "", "EGW99999", "APBK0919", "x" * 100, None, 7])
ENVELOPES = st.fixed_dictionaries(
    {},
    optional={
        "rt_cd": st.sampled_from(["0", "1", "7", "", 0, 1, None]) | JSON,
        "msg_cd": CODES | JSON,
        "msg1": st.text() | JSON,
        "error_code": CODES | JSON,
        "error_description": JSON,
        "output": JSON,
    },
)
BODIES = st.binary() | JSON.map(json.dumps).map(str.encode) | ENVELOPES.map(json.dumps).map(str.encode)


@given(st.integers(100, 599), BODIES)
@example(500, b"[" * 100_000)
@example(200, b'{"rt_cd": 1' + b"0" * 5000 + b"}")
@example(200, '{"rt_cd": "0"}'.encode("utf-16"))
def test_any_answer_is_a_reply_or_an_error_of_ours(status: int, body: bytes) -> None:
    for read in (read_reply, read_token):
        try:
            reply = read(Answer(status, body))
        except RequestError as failure:
            for error in (failure.read_error(), failure.order_error()):
                assert isinstance(error, KisMcpError)
                assert error.facts()["next_step"]
        else:
            assert status < 400
            assert isinstance(reply, KisReply | dict)


UNCLEAR = (KisUnavailable, OrderStateUnknown)
REFUSED = (BadArgument, OrderRejected)
SAID_NO: dict[str, tuple[type[KisMcpError], type[KisMcpError]]] = {
    "APBK9999": REFUSED,
    "OPSQ2002": REFUSED,
    "EGW00206": (CredentialsError, CredentialsError),
    "EGW02006": (NotInEnvironment, NotInEnvironment),
    "EGW00121": (CredentialsError, CredentialsError),
    "EGW00122": (CredentialsError, CredentialsError),
    "EGW00123": (CredentialsError, CredentialsError),
    "EGW00201": (RateLimited, RateLimited),
    "EGW00215": (RateLimited, RateLimited),
    "EGW00002": UNCLEAR,
    "EGW99999": UNCLEAR,
    "OPS99999": UNCLEAR,
    "APBK0013": UNCLEAR,
    "two words": UNCLEAR,
    "": UNCLEAR,
}
"""Code → what a read and an order become where rt_cd is neither 0 nor missing: known refusals, codes that nobody knows,
codes of KIS' own trouble, and codes of success beside a failure."""
MISSING_RT_CD = {**SAID_NO, "APBK9999": UNCLEAR}
"""The same without rt_cd: a code that nobody knows proves nothing then."""


@pytest.mark.parametrize("status", [200, 302, 400, 403, 404, 500, 502, 503])
@pytest.mark.parametrize("code", SAID_NO)
@pytest.mark.parametrize("rt_cd", ["0", "1", "7", "", None])
def test_only_what_kis_plainly_refused_is_told_as_refused(status: int, rt_cd: str | None, code: str) -> None:
    """By HTTP status, rt_cd and code. An order is only rejected where none can stand."""
    answer = Answer(status, json.dumps({"rt_cd": rt_cd, "msg_cd": code, "msg1": "said"}).encode())
    if rt_cd == "0" and status < 400:
        assert read_reply(answer).body["msg_cd"] == code
        return
    with pytest.raises(RequestError) as raised:
        read_reply(answer)
    errors = raised.value.read_error(), raised.value.order_error()
    expected = UNCLEAR if rt_cd == "0" else SAID_NO[code] if rt_cd else MISSING_RT_CD[code]
    assert tuple(map(type, errors)) == expected
    assert ("Do not place it again" in str(errors[1])) is (expected == UNCLEAR)


@pytest.mark.parametrize("status", [200, 500, 502])
@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'"0"', b"null", b"{}"])
def test_an_answer_that_says_nothing_leaves_an_order_unknown(status: int, body: bytes) -> None:
    with pytest.raises(RequestError) as raised:
        read_reply(Answer(status, body))
    assert (type(raised.value.read_error()), type(raised.value.order_error())) == UNCLEAR


@pytest.mark.parametrize("code", known_codes())
def test_each_known_code_has_a_class_and_a_remedy(code: str) -> None:
    known = known_codes()[code]
    assert known.kind in KINDS | {"ok"}
    assert known.meaning and known.remedy.endswith(".")


def test_a_long_message_is_cut_and_a_malformed_code_dropped() -> None:
    body = json.dumps({"rt_cd": "1", "msg_cd": "two words", "msg1": "x" * 9999}).encode()
    with pytest.raises(RequestError) as raised:
        read_reply(Answer(200, body))
    assert raised.value.code == ""
    assert len(raised.value.message) == 500


@pytest.mark.parametrize(
    "written",
    ["87654321", "8765-4321", "87654321-01", "8765432101", "87654321 01", "8765-4321-01", "8765 4321_01", "8765－4321"],
)
def test_an_account_number_is_blotted_however_kis_writes_it(written: str) -> None:
    body = json.dumps({"rt_cd": "1", "msg_cd": "APBK0001", "msg1": f"계좌({written}) 1234567890 확인"}).encode()
    with pytest.raises(RequestError) as raised:
        read_reply(Answer(200, body), hide=("87654321", ""))
    assert raised.value.message == "계좌(***) 1234567890 확인"
