"""The core tools about the server itself: its environment, and the kill switch."""

import logging

from kis_mcp.catalog import Page
from kis_mcp.environment import Environment
from kis_mcp.errors import KisMcpError, OrderRefused
from kis_mcp.server.elicitation import Question
from kis_mcp.server.tools.call import Call, page
from kis_mcp.server.tools.consent import WAYS_TO_CONFIRM, ask_client, ask_on_page, channel_of, nobody_to_ask
from kis_mcp.settings import Settings
from kis_mcp.trading.blotter import clock_error_notes
from kis_mcp.trading.desk import QuestionFacts
from kis_mcp.wiring import end_mandates, kill_switch

_log = logging.getLogger(__name__)


async def get_environment(call: Call) -> Page:
    environments, current = call.environments, call.environments.current
    notes = clock_error_notes(environments.clock_error(current))
    return page(environments.clock_of(current)(), notes=notes, environment=await _facts(call, current))


async def set_environment(call: Call) -> Page:
    """Switch; to real only after a person has agreed."""
    wanted = Environment(call.values()["environment"])
    environments = call.environments
    environments.require_allowed(wanted)
    if wanted is Environment.REAL and environments.current is not Environment.REAL:
        await _require_consent(call, wanted)
    environments.switch(wanted)
    return page(environments.clock_of(wanted)(), environment=await _facts(call, wanted))


async def _require_consent(call: Call, wanted: Environment) -> None:
    orders = "can be placed" if call.environments.settings.allow_real_orders else "stay switched off"
    headline = "Switch this server to the real account?"
    effect = f"Quotes, balance and positions will be those of real money. Real orders {orders}; each asks you again."
    subject = f"{wanted} after {call.environments.switches} switches"
    question = Question(call.environment.value, subject, f"[REAL] {headline} {effect}")
    if call.person.repeated_question or call.person.can_be_asked:
        decision = await ask_client(call, question, "Switch to real money")
    elif await channel_of(call, wanted) == "page":
        facts = QuestionFacts(environment="REAL", headline=headline, terms={"effect": effect}, warnings=())
        decision = await ask_on_page(call, subject, facts)
    else:
        raise nobody_to_ask("Switching to real money")
    if decision.verdict != "accepted":
        raise OrderRefused(
            f"The person {decision.verdict} the switch to real money.",
            remedy=f"Stay in {call.environments.current.value}; do not ask again unless the person wants it.",
        )


async def halt_trading(call: Call) -> Page:
    """Stop all new orders, and end what lets strategies order. There is no tool that lifts it.

    The halt alone stops them, and ends each mandate before it is used again: a journal that cannot be written now is
    none of its concern.
    """
    folder, now = call.environments.settings.data_dir, call.environments.clock()
    halt = kill_switch(folder)
    halt.halt(f"by the tool halt_trading: {call.values()['reason']}", now)
    try:
        await end_mandates(folder, halt.reason() or "", call.environments.clock_of)
    except KisMcpError as error:
        _log.warning("The mandates of strategies could not be ended yet: %s", error)
    return page(now, halt={"halted": halt.reason(), "lifted_by": "a person, with `kis-mcp resume` in a terminal"})


async def _facts(call: Call, environment: Environment) -> dict[str, object]:
    settings = call.environments.settings
    halted = kill_switch(settings.data_dir).reason()
    profile = settings.profile(environment)
    account = profile.accounts.get("stock")
    real = environment is Environment.REAL
    return {
        "environment": environment.value,
        "switchable": ", ".join(sorted(settings.environments)),
        "orders": f"halted: {halted}"
        if halted
        else "switched off by the operator"
        if real and not settings.allow_real_orders
        else "allowed",
        "confirmation": WAYS_TO_CONFIRM[await channel_of(call, environment)],
        "account": account.masked if account else "not set",
        "requests_per_second": profile.requests_per_second,
        **({"market": _market(settings)} if profile.is_simulated else {}),
    }


def _market(settings: Settings) -> str:
    """What a simulator's prices and clock are."""
    hours = "keeps the exchanges' hours and holidays" if settings.sim_clock == "market" else "never closes"
    words = [f"simulated prices under KIS' rules; it {hours}"]
    if settings.sim_speed != 1:
        runs = f"runs {settings.sim_speed:g} times as fast" if settings.sim_speed else "stands"
        words.append(f"its clock {runs}")
    if settings.sim_replay:
        words.append(f"candles of {', '.join(path.name for path in settings.sim_replay)} are played")
    return "; ".join(words)
