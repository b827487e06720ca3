"""How results look on terminals of some widths."""

import io
from typing import Any

import pytest
from rich.console import Console

from kis_mcp.cli.show import show_block

ENDED = "The process that kept it has ended. Look at what it holds, and resume it to go on."
RUN: dict[str, Any] = {
    "run_id": "01M8K74RS0CBTZ1K5GHXNJWQ1K",
    "strategy": "samsung-cross",
    "state": "paused",
    "reason": ENDED,
    "mandate_id": "01M8K74RS0CBTZ1K5GHXNJWQ1K",
    "started_at": "2026-11-29T17:36:16.696703+09:00",
    "profit_open": -1_200,
}
DECISIONS: list[dict[str, Any]] = [
    {
        "run_id": RUN["run_id"],
        "at": f"2026-11-{day}T15:30:00+09:00",
        "symbol": "005930",
        "action": "none",
        "reason": "kept",
        "values": "fast=71234.5, slow=70123.4, close=71500",
    }
    for day in range(10, 20)
]
DECISIONS[-1] |= {"filled": 10, "reason": "The mandate lets out at most 100,000 KRW in one order: it stops here."}
WIDTHS = (60, 80, 120)


def shown(block: Any, width: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width)
    show_block(console, "block", block)
    assert isinstance(console.file, io.StringIO)
    return [line.strip() for line in console.file.getvalue().splitlines()]


@pytest.mark.parametrize("width", WIDTHS)
def test_a_row_that_is_wider_than_the_terminal_is_shown_as_a_record_with_all_its_fields(width: int) -> None:
    lines = shown([RUN], width)
    fields = [line.split()[0] for line in lines if line.split()[0] in RUN]
    assert fields == list(RUN)
    assert ENDED in " ".join(" ".join(lines).split())
    assert "-1,200" in lines[-1]


@pytest.mark.parametrize("width", WIDTHS)
def test_many_rows_keep_their_reasons_whole_and_give_up_ids_first(width: int) -> None:
    text = " ".join(" ".join(shown(DECISIONS, width)).split())
    for word in DECISIONS[-1]["reason"].split():
        assert word in text
    assert all(row["at"] in text for row in DECISIONS)
    assert "…" not in text
    if width == 120:
        assert "block (and 1 more columns)" in text
        assert RUN["run_id"] not in text


def test_a_short_reason_is_shown_though_the_columns_before_it_do_not_fit() -> None:
    rows = [{**{f"column_{number}": "1234567890" for number in range(9)}, "exit_reason": "stop_loss"}] * 5
    lines = shown(rows, 80)
    assert lines[0] == "block (and 4 more columns)"
    assert [line.split()[-1] for line in lines[1:]] == ["exit_reason", *["stop_loss"] * 5]


@pytest.mark.parametrize("width", WIDTHS)
def test_a_token_is_shown_in_one_piece(width: int) -> None:
    token = f"{RUN['run_id']}.{'1f3406ed' * 6}"
    lines = shown({"preview": f"{ENDED}\n{ENDED}", "confirmation_token": token, "expires_at": "soon"}, width)
    assert [line for line in lines if line.endswith(token)]
    assert " ".join(" ".join(lines).split()).count(ENDED) == 2


def test_a_column_that_only_a_later_row_has_is_shown_and_no_rows_are_said_to_be_none() -> None:
    assert shown([{"a": 1}, {"a": 2, "b": 3}], 80) == ["block", "a  b", "1", "2  3"]
    assert shown([], 80) == ["block: none"]
