"""What one call keeps of all that it read."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from kis_mcp.catalog.apis import MORE_ROWS, MOST_READ_ROWS
from kis_mcp.catalog.decode import Decoded
from kis_mcp.errors import KisUnavailable
from kis_mcp.wiring.brokerage import Brokerage
from kis_mcp.wiring.reads import Reads
from tests.trading.fakes import CATALOG

BALANCE, PRICE = "domestic_stock_inquire_balance", "domestic_stock_inquire_price"
CUT = Decoded({}, [MORE_ROWS], complete=False)


def reads_of(**answers: Decoded | KisUnavailable) -> Reads:
    async def rows(tool: str, arguments: object, **how: object) -> Decoded:
        answer = answers[tool]
        if isinstance(answer, KisUnavailable):
            raise answer
        return answer

    brokerage = SimpleNamespace(apis=SimpleNamespace(catalog=CATALOG, rows=rows), real_quotes=None)
    return Reads(cast(Brokerage, brokerage), cast(Any, None))


async def test_one_cut_list_makes_the_whole_call_incomplete_and_says_which() -> None:
    reads = reads_of(**{BALANCE: CUT, PRICE: Decoded({})})
    await reads.rows(BALANCE, {})
    await reads.rows(PRICE, {})
    assert (reads.complete, reads.notes) == (False, [f"{BALANCE}: {MORE_ROWS}"])


async def test_a_read_that_failed_makes_the_call_incomplete_though_its_caller_goes_on() -> None:
    reads = reads_of(**{BALANCE: KisUnavailable("down", remedy="Try again.")})
    with pytest.raises(KisUnavailable):
        await reads.rows(BALANCE, {})
    assert not reads.complete


async def test_what_the_caller_wanted_no_more_of_is_whole() -> None:
    reads = reads_of(**{BALANCE: CUT})
    await reads.rows(BALANCE, {}, max_rows=MOST_READ_ROWS - 1)
    assert (reads.complete, reads.notes) == (True, [])


async def test_a_note_that_several_reads_have_is_kept_once() -> None:
    reads = reads_of(**{BALANCE: Decoded({}, ["positions.price: '-' is no integer."])})
    await reads.rows(BALANCE, {})
    await reads.rows(BALANCE, {})
    assert reads.notes == [f"{BALANCE}: positions.price: '-' is no integer."]
