"""A document's digest tells documents apart that say something else, and no others."""

from kis_mcp.strategies.document import Strategy, read_strategy
from kis_mcp.strategies.records import digest_of, document_text

DOCUMENT = {
    "id": "cross",
    "name": "이동평균 돌파",
    "parameters": {"fast": {"default": 5, "min": 2, "max": 20}},
    "indicators": {"fast": {"kind": "sma", "params": {"period": "$fast"}}},
    "entry": {"left": "close", "is": "crosses_above", "right": {"of": "fast", "times": 1.01}},
    "exits": {"stop_loss_percent": 3},
}


def strategy(**changes: object) -> Strategy:
    return read_strategy(DOCUMENT | changes)


def test_the_digest_stays_the_same_for_a_document_that_was_written_and_read_again() -> None:
    written = document_text(strategy())
    again = Strategy.model_validate_json(written)
    assert again == strategy()
    assert digest_of(again) == digest_of(strategy())
    assert "이동평균 돌파" in written


def test_the_digest_does_not_depend_on_the_order_of_keys_or_on_what_is_said_of_defaults() -> None:
    turned = dict(reversed(DOCUMENT.items()))
    assert digest_of(read_strategy(turned | {"interval": "1d", "exit": None})) == digest_of(strategy())


def test_the_digest_changes_with_whatever_a_person_would_agree_to() -> None:
    others = [
        strategy(exits={"stop_loss_percent": 4}),
        strategy(interval="5m"),
        strategy(description="다른 설명"),
        strategy(universe={"symbols": ["005930"]}),
        strategy(universe={"symbols": ["000660"]}),
    ]
    assert len({digest_of(each) for each in [strategy(), *others]}) == 6
