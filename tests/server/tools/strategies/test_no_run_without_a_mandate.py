"""Whatever is called in whatever order, a strategy runs only under a mandate that was agreed to for it, and once."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import HealthCheck, Phase, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from mcp import Client
from mcp.client.session import ClientRequestContext
from mcp_types import CallToolResult, ElicitRequestFormParams, ElicitRequestParams, ElicitResult

from kis_mcp.environment import Environment
from kis_mcp.simulator import Simulator, SimulatorOptions, run_simulator
from kis_mcp.storage import SqlJournal, SqlStrategyRecords
from kis_mcp.strategies.records import StrategyRun
from kis_mcp.trading.decision import HUMAN_CHANNELS
from kis_mcp.trading.mandate import MandateRecord, MandateStatus
from kis_mcp.wiring import end_mandates, kill_switch
from kis_mcp.wiring.brokerage import JOURNAL
from tests.client import NOW, connected, settings_for
from tests.server.tools.strategies.documents import SENTENCE

WIDER: dict[str, Any] = {**SENTENCE, "sizing": {"shares": 20}}
ACTIONS = st.sampled_from(["start", "start", "start", "stop", "pause", "resume", "promote", "save", "delete"])
BOUNDS = st.sampled_from([{}, {"most_in_all": 1_000_000}, {"most_in_all": 5_000_000, "most_loss": 1}])


class Calls(RuleBasedStateMachine):
    """A client that calls what it likes, and a person who agrees now and then."""

    def __init__(self, portal: BlockingPortal, simulator: Simulator) -> None:
        super().__init__()
        self._portal = portal
        self._open = ExitStack()
        self._folder = Path(self._open.enter_context(tempfile.TemporaryDirectory()))
        self._says_yes = False
        self._yes = 0
        configured = settings_for(
            simulator, switchable_envs="sim,demo,real", allow_real_orders=True, data_dir=self._folder
        )
        connecting = connected(configured, person=self._person)
        self._client: Client = self._open.enter_context(portal.wrap_async_context_manager(connecting))

    @rule(action=ACTIONS, document=st.sampled_from([SENTENCE, WIDER, SENTENCE["id"]]), bounds=BOUNDS, yes=st.booleans())
    def act(self, action: str, document: Any, bounds: dict[str, Any], yes: bool) -> None:
        self._says_yes = yes
        named = action not in ("start", "save")
        given = {"strategy": SENTENCE["id"] if named else document}
        if action in ("start", "promote"):
            given["bounds"] = bounds
        agreed = self._yes
        result = self._call("strategies", {"action": action, **given})
        if self._yes > agreed:
            assert yes
            assert not result.is_error or "halted" in str(result.content)
        elif action in ("start", "promote"):
            assert result.is_error

    @rule(environment=st.sampled_from(["sim", "demo", "real"]))
    def switch(self, environment: str) -> None:
        self._says_yes = True
        agreed = self._yes
        self._call("set_environment", {"environment": environment})
        self._yes = agreed

    @rule()
    def halt_and_lift(self) -> None:
        self._call("halt_trading", {"reason": "enough"})
        assert not [run for each in Environment for run, _ in self._runs(each) if run.state != "stopped"]
        self._portal.call(end_mandates, self._folder, "lifted")
        kill_switch(self._folder).lift()

    @invariant()
    def each_run_is_under_a_mandate_of_its_own_that_was_agreed_to(self) -> None:
        count = 0
        for environment in Environment:
            found = self._runs(environment)
            count += len(found)
            assert len({run.mandate_id for run, _ in found}) == len(found)
            for run, record in found:
                assert record is not None and record.is_agreed and record.decision is not None
                assert (record.mandate.strategy, record.mandate.document) == (run.strategy, run.digest)
                assert environment is not Environment.REAL or record.decision.channel in HUMAN_CHANNELS
                assert run.state == "stopped" or record.status(NOW) is MandateStatus.IN_FORCE
        assert count == self._yes

    def teardown(self) -> None:
        self._open.close()

    def _runs(self, environment: Environment) -> list[tuple[StrategyRun, MandateRecord | None]]:
        async def read() -> list[tuple[StrategyRun, MandateRecord | None]]:
            journal = await SqlJournal.open(path)
            try:
                runs = await SqlStrategyRecords(journal.database).runs()
                return [(run, await journal.find_mandate(run.mandate_id or "")) for run in runs]
            finally:
                await journal.aclose()

        path = self._folder / environment.value / JOURNAL
        return self._portal.call(read) if path.exists() else []

    def _call(self, tool: str, arguments: dict[str, Any]) -> CallToolResult:
        async def call() -> CallToolResult:
            return await self._client.call_tool(tool, arguments)

        return self._portal.call(call)

    async def _person(self, context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        assert isinstance(params, ElicitRequestFormParams)
        if not self._says_yes:
            return ElicitResult(action="decline")
        self._yes += 1
        typed: dict[str, Any] = {}
        if "amount" in params.requested_schema["properties"]:
            (line,) = (line for line in params.message.splitlines() if line.startswith("Most in all"))
            typed = {"amount": int(line.rpartition(": ")[2].removesuffix(" KRW").replace(",", ""))}
        return ElicitResult(action="accept", content={"confirm": True, **typed})


@pytest.fixture
def portal() -> Iterator[BlockingPortal]:
    with start_blocking_portal() as portal:
        yield portal


@pytest.mark.parametrize(
    ("sequences", "steps"), [(2, 12), pytest.param(25, 30, marks=pytest.mark.slow)], ids=["few", "many"]
)
def test_no_sequence_of_calls_runs_a_strategy_that_nobody_agreed_to(
    portal: BlockingPortal, sequences: int, steps: int
) -> None:
    options = SimulatorOptions(clock=lambda: NOW, real_rate=0, demo_rate=0, token_interval_seconds=0)
    with portal.wrap_async_context_manager(run_simulator(options)) as simulator:
        run_state_machine_as_test(
            lambda: Calls(portal, simulator),  # pyright: ignore[reportArgumentType]
            settings=settings(
                max_examples=sequences,
                stateful_step_count=steps,
                deadline=None,
                phases=[Phase.generate],
                derandomize=True,
                suppress_health_check=[HealthCheck.too_slow],
            ),
        )
