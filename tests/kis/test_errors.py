"""Whatever KIS answers becomes a reply or an error of ours."""

import json

import pytest
from hypothesis import example, given, strategies as st

from kis_mcp.catalog.error_codes import EMPTY_KIND, WORDS_FIRST, known_codes
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
from kis_mcp.kis.errors import Answer, Reaction, RequestError, read_reply, read_token

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
    assert known.kind in KINDS | {"ok", EMPTY_KIND}
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
    body = json.dumps({"rt_cd": "1", "msg_cd": "APBK0001", "msg1": f"계좌({written}) 123456789 확인"}).encode()
    with pytest.raises(RequestError) as raised:
        read_reply(Answer(200, body), hide=("87654321", ""))
    assert raised.value.message == "계좌(***) 123456789 확인"


@given(
    st.from_regex(r"[0-9]{8}", fullmatch=True),
    st.from_regex(r"[0-9]{2}", fullmatch=True),
    st.sampled_from(["", "-", "－", "–"]),
    st.text(st.characters(exclude_categories=["Nd", "Cs"]), max_size=5),
    st.booleans(),
)
def test_what_looks_like_an_account_number_is_never_told(
    number: str, product: str, hyphen: str, beside: str, is_order: bool
) -> None:
    message = f"{beside}{number}{hyphen}{product}{beside}"
    body = json.dumps({"rt_cd": "1", "msg_cd": "APBK0001", "msg1": message}).encode()
    with pytest.raises(RequestError) as raised:
        read_reply(Answer(200, body))
    error = raised.value.order_error() if is_order else raised.value.read_error()
    assert number not in str(error) + json.dumps(error.facts())
    assert "***" in str(error)


@given(
    st.lists(st.one_of(st.from_regex(r"[0-9]{3,20}", fullmatch=True), st.text("Aa01+/=", min_size=3)), max_size=4),
    st.lists(st.text("가나 :", max_size=5), min_size=5, max_size=5),
)
def test_no_secret_is_told_whatever_it_is_made_of(secrets: list[str], between: list[str]) -> None:
    message = "".join(part + secret for part, secret in zip(between, [*secrets, ""], strict=False))
    body = json.dumps({"rt_cd": "1", "msg_cd": "APBK0001", "msg1": message}).encode()
    with pytest.raises(RequestError) as raised:
        read_reply(Answer(200, body), hide=[*secrets, ""])
    assert not [secret for secret in secrets if secret in raised.value.message]


@pytest.mark.parametrize("code", sorted(WORDS_FIRST))
def test_a_code_of_many_meanings_is_told_in_kis_own_words_first(code: str) -> None:
    words = "ERROR : INPUT INVALID_CHECK_FID_INPUT_ISCD"
    body = json.dumps({"rt_cd": "2", "msg_cd": code, "msg1": words}).encode()
    with pytest.raises(RequestError) as raised:
        read_reply(Answer(500, body))
    for error in (raised.value.read_error(), raised.value.order_error()):
        assert error.what.startswith(f"KIS says {words!r}")
        assert "again" not in error.remedy.lower() or isinstance(error, OrderRejected)


NOTHING = [
    ("70070000", "모의투자 조회할 내역(자료)이 없습니다."),
    ("MCA05918", ""),
    ("APTR0045", "조회할 내역(자료)이 없습니다"),
    ("APTR0045", "조회된 자료가 없습니다."),
]


@pytest.mark.parametrize(("code", "message"), NOTHING)
def test_a_documented_empty_answer_is_told_apart_and_rejects_an_order(code: str, message: str) -> None:
    with pytest.raises(RequestError) as raised:
        read_reply(Answer(200, json.dumps({"rt_cd": "1", "msg_cd": code, "msg1": message}).encode()))
    assert raised.value.reaction is Reaction.NOTHING_FOUND
    assert isinstance(raised.value.order_error(), OrderRejected)
    assert "Nothing was ordered" in raised.value.order_error().remedy


def test_nothing_to_list_without_rt_cd_proves_nothing() -> None:
    with pytest.raises(RequestError) as raised:
        read_reply(Answer(200, json.dumps({"msg_cd": "APTR0045", "msg1": NOTHING[2][1]}).encode()))
    assert (type(raised.value.read_error()), type(raised.value.order_error())) == UNCLEAR


@pytest.mark.parametrize("body", [b"<html>Forbidden</html>", b'{"msg_cd": "EGW99999", "msg1": "no"}', b"{}"])
@pytest.mark.parametrize("status", [400, 401, 403, 404, 405])
def test_a_refusal_that_will_stay_never_says_try_again(status: int, body: bytes) -> None:
    with pytest.raises(RequestError) as raised:
        read_reply(Answer(status, body))
    assert isinstance(raised.value.order_error(), OrderStateUnknown)
    assert "try again" not in str(raised.value.read_error()).lower()


@pytest.mark.parametrize("code", known_codes())
def test_only_a_passing_trouble_says_try_again(code: str) -> None:
    known = known_codes()[code]
    assert "try again" not in known.remedy.lower() or known.kind == KisUnavailable.kind


def failure_of(status: int, **body: str) -> KisMcpError:
    with pytest.raises(RequestError) as raised:
        read_reply(Answer(status, json.dumps(body).encode()))
    return raised.value.read_error()


def test_a_code_of_success_beside_a_failure_is_not_told_as_a_success() -> None:
    error = failure_of(200, rt_cd="1", msg_cd="APBK0013", msg1="주문 전송 완료")
    assert error.what == "KIS answered HTTP 200 without a result."
    assert error.kis_message == "주문 전송 완료"


def test_what_kis_did_not_say_is_not_told_as_blank() -> None:
    error = failure_of(500)
    assert (error.kis_code, error.kis_message) == (None, None)


def test_kis_message_goes_before_the_gateways() -> None:
    assert failure_of(200, rt_cd="1", msg1="잔고 부족", error_description="denied").kis_message == "잔고 부족"
    assert failure_of(403, error_code="EGW00103", error_description="denied").kis_message == "denied"


@pytest.mark.parametrize("status", [400, 403, 500])
def test_a_token_in_a_failed_answer_is_no_token(status: int) -> None:
    body = json.dumps({"access_token": "abc.def", "error_description": "denied"}).encode()
    assert read_token(Answer(200, body)) == json.loads(body)
    with pytest.raises(RequestError):
        read_token(Answer(status, body))
