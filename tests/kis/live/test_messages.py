import contextlib
import json

import pytest
from hypothesis import given, strategies as st

from kis_mcp.catalog.live import Channel
from kis_mcp.kis.live.cipher import decrypt
from kis_mcp.kis.live.messages import Answer, Cipher, Data, Ping, Unreadable, read_message, registration
from tests.kis.live.fake_live_kis import IV, KEY, encrypted


def test_a_data_frame_is_taken_apart_at_its_first_three_bars() -> None:
    assert read_message("0|H0STCNT0|004|005930^093354^71900") == Data("H0STCNT0", 4, "005930^093354^71900", False)
    assert read_message("1|H0STCNI0|001|aGVsbG8|=") == Data("H0STCNI0", 1, "aGVsbG8|=", True)


def test_an_answer_tells_channel_outcome_and_cipher() -> None:
    text = json.dumps(
        {
            "header": {"tr_id": "H0STCNI0", "tr_key": "person", "encrypt": "N"},
            "body": {
                "rt_cd": "0",
                "msg_cd": "OPSP0000",
                "msg1": "SUBSCRIBE SUCCESS",
                "output": {"iv": IV, "key": KEY},
            },
        }
    )
    channel = Channel("H0STCNI0", "person")
    assert read_message(text) == Answer(channel, True, "OPSP0000", "SUBSCRIBE SUCCESS", Cipher(KEY, IV))


def test_a_ping_keeps_its_text() -> None:
    text = '{"header":{"tr_id":"PINGPONG","datetime":"20260302093000"}}'
    assert read_message(text) == Ping(text)


def test_a_registration_is_what_kis_documents() -> None:
    assert json.loads(registration("approved", Channel("H0STCNT0", "005930"))) == {
        "header": {"approval_key": "approved", "custtype": "P", "tr_type": "1", "content-type": "utf-8"},
        "body": {"input": {"tr_id": "H0STCNT0", "tr_key": "005930"}},
    }
    assert json.loads(registration("approved", Channel("H0STCNT0", "005930"), ends=True))["header"]["tr_type"] == "2"


@pytest.mark.parametrize(
    "text",
    ["", "0|", "0||001|x", "0|H0STCNT0|000|x", "0|H0STCNT0|x|y", "2|H0STCNT0|001|x", "[]", "{}", "null", "[" * 99_999],
)
def test_what_is_nothing_known_is_unreadable(text: str) -> None:
    assert isinstance(read_message(text), Unreadable)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(
            st.sampled_from(["header", "body", "output", "tr_id", "tr_key", "rt_cd", "key", "iv"]), children, max_size=4
        )
    ),
)


@given(st.text() | st.text().map("0|".__add__) | st.text().map("1|H0STCNI0|001|".__add__) | JSON.map(json.dumps))
def test_any_text_is_a_message(text: str) -> None:
    assert isinstance(read_message(text), Data | Answer | Ping | Unreadable)


@given(st.text())
def test_what_kis_encrypts_is_decrypted(text: str) -> None:
    assert decrypt(encrypted(text), Cipher(KEY, IV)) == text


@given(st.text() | st.binary().map(lambda raw: raw.hex()), st.sampled_from([KEY, "short", "한글" * 16]))
def test_what_cannot_be_decrypted_is_a_value_error(payload: str, key: str) -> None:
    with pytest.raises(ValueError):
        decrypt(payload + "!", Cipher(key, IV))
    with contextlib.suppress(ValueError):
        decrypt(payload, Cipher(key, IV))
