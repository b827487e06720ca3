"""``kis-mcp doctor``: what is configured, what each environment can do, and what is wrong; without secrets."""

import json
import os
import sqlite3
import sys
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import anyio
import anyio.to_thread
import typer

from kis_mcp.catalog import catalog
from kis_mcp.cli.checks.commands import command_problems, first_command, host_problems
from kis_mcp.cli.checks.keys import key_problems
from kis_mcp.cli.checks.machine import machine_problems
from kis_mcp.cli.checks.problem import Problem
from kis_mcp.cli.install import this_machine
from kis_mcp.cli.words import say
from kis_mcp.confirm import Pin
from kis_mcp.environment import Environment
from kis_mcp.errors import SettingsError
from kis_mcp.settings import Profile, Settings, data_folder
from kis_mcp.wiring import channel_kinds, check_settings, gateway_status, symbol_lists

FIRST_DAYS_RATE = 3
"""Requests a second in real of a new customer's first three days: KIS' notice of 2026-03-20, in force since 04-03."""


def run(*, as_json: bool, offline: bool) -> int:
    """Print the report and the problems with their remedies; the exit code: 0 where nothing hinders, else 1."""
    report, problems = anyio.run(partial(examine, offline=offline))
    if as_json:
        found = {**report, "problems": [problem.facts() for problem in problems]}
        typer.echo(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        _show(report, problems)
    return 1 if any(problem.hinders for problem in problems) else 0


def _show(report: dict[str, Any], problems: Sequence[Problem]) -> None:
    from rich.console import Console

    from kis_mcp.cli.show import show_block

    console = Console()
    environments = report.pop("environments")
    show_block(console, say("settings"), _said(report))
    for environment in environments:
        show_block(console, environment.pop("environment"), _said(environment))
    for problem in problems:
        kind = say("problem" if problem.hinders else "advice")
        what = f"\n{kind}: {problem.about}: {say(problem.what)}"
        console.print(what, style="red" if problem.hinders else "", markup=False)
        console.print(f"  -> {say(problem.remedy)}", markup=False)
    if not any(problem.hinders for problem in problems):
        console.print(f"\n{say('No problem was found.')}")


def _said(report: dict[str, Any]) -> dict[str, Any]:
    return {name: say(value) if isinstance(value, str) else value for name, value in report.items()}


async def examine(*, offline: bool) -> tuple[dict[str, Any], list[Problem]]:
    """The report as plain JSON, and what is wrong or could be better.

    Args:
        offline: Whether to leave KIS and the way to it alone.
    """
    path = os.environ.get("PATH", "")
    found: dict[str, Any] = {"command": str(first_command(path) or "not on the PATH"), "python": sys.executable}
    problems = [*command_problems(path), *host_problems(this_machine(), path)]
    try:
        folder = data_folder()
        problems += await anyio.to_thread.run_sync(lambda: list(machine_problems(folder)))
        settings = check_settings()
    except SettingsError as error:
        wrong = [Problem.of("settings", each) for each in (error, *error.further)]
        return {**found, "environments": []}, [*wrong, *_advice(Settings.unknown_variables()), *problems]
    problems += _advice(settings.warnings)
    problems += await key_problems(settings, offline=offline)
    return {**await diagnose(settings), **found}, problems


def _advice(warnings: Iterable[str]) -> list[Problem]:
    return [Problem("settings", warning, "Correct or remove it.", hinders=False) for warning in warnings]


async def diagnose(settings: Settings) -> dict[str, Any]:
    """The report as plain JSON."""
    allowed, denied = symbol_lists(settings)
    return {
        "environment": settings.environment,
        "may_switch_to": ", ".join(sorted(settings.environments - {settings.environment})) or "none",
        "data_folder": str(settings.data_dir),
        "confirmation": settings.confirm,
        "approval_pin": _pin(Pin(settings.data_dir)),
        "real_orders": "allowed" if settings.allow_real_orders else "refused (KIS_ALLOW_REAL_ORDERS is not 1)",
        "allowed_symbols": _listed(allowed) or "all",
        "denied_symbols": _listed(denied) or "none",
        "max_order_notional_krw": None if settings.max_order_notional is None else str(settings.max_order_notional),
        "max_order_quantity": settings.max_order_quantity,
        "alert_channels": ", ".join(channel_kinds(settings)) or "none",
        "sqlite": sqlite3.sqlite_version,
        "warnings": " ".join(settings.warnings) or "none",
        "environments": [await _environment(settings, environment) for environment in Environment],
    }


async def _environment(settings: Settings, environment: Environment) -> dict[str, Any]:
    try:
        profile = settings.profile(environment)
    except SettingsError as error:
        return {"environment": environment, "state": f"not configured: {error.field} is missing"}
    return {
        "environment": environment,
        "state": "ready",
        "address": profile.rest_url or "inside this process",
        "accounts": ", ".join(f"{kind} {account.masked}" for kind, account in profile.accounts.items()) or "none",
        "tools": _tool_count(profile),
        **_first_days(profile),
        **await gateway_status(settings, profile),
    }


def _listed(symbols: Iterable[object]) -> str:
    return ", ".join(sorted(map(str, symbols)))


def _first_days(profile: Profile) -> dict[str, str]:
    """What a new customer should set; KIS tells nobody how old a key is."""
    if profile.environment is not Environment.REAL or profile.requests_per_second <= FIRST_DAYS_RATE:
        return {}
    return {
        "new_customer": f"KIS takes {FIRST_DAYS_RATE} requests a second in the first 3 days of a new customer: if these"
        f" are yours, set KIS_RATE_LIMIT={FIRST_DAYS_RATE} until they are over"
    }


def _pin(pin: Pin) -> str:
    if not pin.is_set():
        return "not set (kis-mcp setup-pin)"
    return f"locked after too many wrong tries. {pin.renewal}" if pin.is_locked() else "set"


def _tool_count(profile: Profile) -> int:
    return sum(1 for api in catalog().apis if not profile.environment.uses_demo_api or api.in_demo)
