"""Whatever KIS answers becomes a reply or an error of ours."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kis_mcp.catalog.error_codes import known_codes
from kis_mcp.catalog.gateway import KisReply
from kis_mcp.errors import BadArgument, CredentialsError, KisMcpError, KisUnavailable, NotInEnvironment, RateLimited
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
