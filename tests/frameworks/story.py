"""What each framework has to get through: quote, order and fail; and a strategy from its document to its end."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal, TypeAlias

from tests.frameworks.driver import Answer, Driver

Confirmation: TypeAlias = Literal["person", "token"]
"""How something is confirmed: by a form that a person fills in, or by a preview's token."""

Fault: TypeAlias = tuple[bool, str]
"""Whether something is as it should be, and what it is."""

ORDER: Mapping[str, Any] = {"symbol": "005930", "side": "buy", "quantity": 1, "price": 60_000}
PNG = b"\x89PNG\r\n\x1a\n"

CROSS: Mapping[str, Any] = {
    "id": "outsiders-cross",
    "name": "5 over 20",
    "universe": {"symbols": ["005930"]},
    "parameters": {"short": {"default": 5, "min": 2, "max": 16}, "long": {"default": 20, "min": 20, "max": 40}},
    "indicators": {
        "fast": {"kind": "sma", "params": {"period": "$short"}},
        "slow": {"kind": "sma", "params": {"period": "$long"}},
    },
    "entry": {"left": "fast", "is": "crosses_above", "right": "slow"},
    "sizing": {"shares": 10},
    "exits": {"stop_loss_percent": 3},
}
WRONG = {**CROSS, "entry": {"left": "fsat", "is": "crosses_above", "right": "slow"}, "exits": {"stop_loss_percent": -3}}
"""A name that is none, and a loss with its sign."""

SPAN: Mapping[str, Any] = {"start_date": "2022-01-03", "end_date": "2025-12-30"}
FEW = {"short": {"min": 4, "max": 6}, "long": 20}
EVERY = {"short": {"min": 2, "max": 16}, "long": {"min": 20, "max": 40}}


def faults_of(driver: Driver, confirmed_by: Confirmation, *, keeps_server: bool) -> list[str]:
    """What is other than it should be when a framework does its tasks.

    Args:
        keeps_server: The framework's calls share a server; else each has one of its own.
    """
    steps = (
        *order(driver, confirmed_by),
        *write(driver),
        *test(driver, has_progress=confirmed_by == "person"),
        *run(driver, confirmed_by, keeps_server=keeps_server),
    )
    return [what for holds, what in steps if not holds]


def order(driver: Driver, confirmed_by: Confirmation) -> Iterator[Fault]:
    """A quote, an order, and an instrument that does not exist."""
    yield 18 <= driver.tools <= 36, f"{driver.tools} tools"
    price = driver.call("get_quote", symbol="005930").record("quote").get("price", 0)
    yield price > 0, f"price {price}"
    placed = driver.call("place_order", **ORDER)
    by, found = "person", placed.record("order")
    if token := found.get("confirmation_token"):
        by, found = "token", driver.call("place_order", **ORDER, confirmation_token=token).record("order")
    yield by == confirmed_by, f"order confirmed by {by}"
    yield bool(placed.asked) == (by == "person"), f"the person was asked {placed.asked}"
    yield found.get("status") == "accepted", f"order {found or placed.text}"
    error = driver.call("get_quote", symbol="ZZZZZZ").text
    yield "ZZZZZZ" in error and "search_tools" in error, f"error {error}"


def write(driver: Driver) -> Iterator[Fault]:
    """A document: an example of one, one that is wrong, and where an error sends its reader."""
    listed = driver.call("strategies", action="list").rows("strategies")
    presets = [row["name"] for row in listed if row["kind"] == "preset"]
    yield "sma_cross" in presets and len(presets) >= 12, f"presets {listed}"
    shown = driver.call("strategies", action="show", strategy="sma_cross").record("strategy")
    yield "entry" in shown.get("document", {}), f"sma_cross is {shown}"
    checked = driver.call("strategies", action="validate", strategy=WRONG)
    problems = {row["path"]: row["problem"] for row in checked.rows("problems")}
    yield checked.record("result") == {"valid": False}, f"a wrong document is {checked.text}"
    yield "fast, slow" in problems.get("entry.left", ""), f"the wrong name is told as {checked.text}"
    yield "exits.stop_loss_percent" in problems, f"the wrong sign is told as {checked.text}"
    refused = driver.call("strategies", action="backtest", strategy=WRONG).text
    yield "entry.left" in refused and "fsat" in refused, f"a backtest of it says {refused}"
    links = re.findall(r"kis://guides/\w+", refused)
    guide = driver.read(links[0]) if links else ""
    yield "# Strategy documents" in guide, f"the guide that {refused} names says {guide[:99]}"
    right = driver.call("strategies", action="validate", strategy=CROSS)
    yield right.record("result") == {"valid": True}, f"the mended document is {right.text}"


def test(driver: Driver, *, has_progress: bool) -> Iterator[Fault]:
    """A backtest over years with its picture, a search that tells how far it is, and one that is given up."""
    tested = driver.call("strategies", action="backtest", strategy=CROSS, **SPAN)
    about, figures, trades = tested.record("result"), tested.record("statistics"), tested.rows("trades")
    yield "from 2022-01-03 to 2025-12-30" in about.get("about", ""), f"the backtest is of {tested.text}"
    yield len(trades) == 20 and figures.get("trades", 0) > 20, f"{len(trades)} trades of {figures}"
    yield "benchmark_return_percent" in figures, f"no index beside {figures}"
    yield [picture[:8] for picture in tested.pictures] == [PNG], f"pictures {tested.pictures}"
    searched = driver.call("strategies", action="optimise", strategy=CROSS, parameters=FEW, **SPAN)
    yield searched.record("result").get("tried") == 3, f"the search is {searched.text}"
    said = "3 of 3 backtests are done." in searched.progress
    yield said == has_progress, f"the search was told as {searched.progress}"
    left = driver.call("strategies", action="optimise", strategy=CROSS, parameters=EVERY, give_up_after=1, **SPAN)
    yield left.given_up, f"the long search was not given up: {left.text[:99]}"
    after = driver.call("get_environment", give_up_after=30)
    yield not after.given_up and bool(after.facts), "nothing is answered after a search was given up"


def run(driver: Driver, confirmed_by: Confirmation, *, keeps_server: bool) -> Iterator[Fault]:
    """The mandate, the run, and its end."""
    begun, begun_by, mandate = start(driver)
    yield begun_by == confirmed_by, f"mandate confirmed by {begun_by}"
    yield mandate.startswith("[SIM] MANDATE: let the strategy outsiders-cross order by itself"), f"mandate {mandate}"
    yield "Most in all" in mandate and "Until: " in mandate, f"mandate {mandate}"
    yield state_of(begun) == "running", f"start says {begun.text}"
    status = driver.call("strategies", action="status", strategy=CROSS["id"])
    (row,) = status.rows("runs") or [{}]
    if keeps_server:
        yield row.get("state") == "running", f"status says {status.text}"
    else:
        goes_on = row.get("kept") or "`kis-mcp strategies run" in status.text or "resume it" in row.get("reason", "")
        yield goes_on, f"status does not say that nothing keeps it: {status.text}"
    yield status.rows("mandates")[:1] != [], f"status shows no mandate: {status.text}"
    stopped = driver.call("strategies", action="stop", strategy=CROSS["id"])
    yield state_of(stopped) == "stopped", f"stop says {stopped.text}"
    ended = driver.call("strategies", action="status", strategy=CROSS["id"]).rows("mandates")
    yield [each["status"] for each in ended] == ["ended"], f"the mandate is {ended}"


def start(driver: Driver) -> tuple[Answer, Confirmation, str]:
    """Start the strategy: the answer, how it was confirmed, and what the person read before."""
    begun = driver.call("strategies", action="start", strategy=CROSS)
    preview = begun.record("mandate")
    if token := preview.get("confirmation_token"):
        again = driver.call("strategies", action="start", strategy=CROSS, confirmation_token=token)
        return again, "token", preview["preview"]
    return begun, "person", "".join(begun.asked)


def state_of(answer: Answer) -> str:
    return next((row["state"] for row in answer.rows("runs")), "")
