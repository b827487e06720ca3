"""What a run's mandate has to be before the run orders by it."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from kis_mcp.errors import BadArgument, CredentialsError, KisMcpError
from kis_mcp.strategies.records import StrategyRun
from kis_mcp.trading.mandate import MandateRecord
from kis_mcp.wiring.strategy_mandate import open_mandate
from tests.trading.mandates import NOW, agreed

RECORD = agreed()
RUN = StrategyRun(
    id="run",
    strategy=RECORD.mandate.strategy,
    version=1,
    digest=RECORD.mandate.document,
    mandate_id=RECORD.mandate.id,
    account_id=RECORD.mandate.account_id,
    symbols=("005930",),
    state="running",
    reason="",
    started_at=NOW,
)


def brokerage(record: MandateRecord | None, account_id: str = "a", *, has_account: bool = True) -> Any:
    async def find(_: object) -> Any:
        return record

    async def account(_: object) -> str:
        return account_id

    async def journal() -> Any:
        return SimpleNamespace(find_mandate=find, account_id=account)

    async def desk() -> Any:
        return None

    accounts = {"stock": object()} if has_account else {}
    return SimpleNamespace(journal=journal, desk=desk, apis=SimpleNamespace(accounts=accounts))


@pytest.mark.parametrize(
    ("run", "has", "error"),
    [
        (RUN, brokerage(None), BadArgument),
        (replace(RUN, digest="e" * 64), brokerage(RECORD), BadArgument),
        (replace(RUN, strategy="another"), brokerage(RECORD), BadArgument),
        (RUN, brokerage(RECORD, "b"), CredentialsError),
        (RUN, brokerage(RECORD, has_account=False), CredentialsError),
    ],
)
async def test_a_run_orders_by_its_own_mandate_on_the_account_that_it_names_only(
    run: StrategyRun, has: Any, error: type[KisMcpError]
) -> None:
    with pytest.raises(error):
        await open_mandate(has, run, None)


async def test_a_mandate_bounds_what_its_run_may_spend_and_lose() -> None:
    _, bounds = await open_mandate(brokerage(RECORD), RUN, None)
    mandate = RECORD.mandate
    assert (bounds.capital, bounds.most_loss, bounds.until) == (mandate.most_in_all, mandate.most_loss, mandate.until)
