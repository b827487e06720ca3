"""The worlds that simulators keep: where they lie, and what a person sees and changes of them."""

import json
import re
import sqlite3
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from kis_mcp.errors import BadArgument, unusable_disk
from kis_mcp.settings import data_folder
from kis_mcp.simulator import WORLD_FILE, Host, Unanswered, ask_world
from kis_mcp.storage import private_folder

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,40}")
_OTHERS = frozenset({"demo", "real"})
"""Folders of the data folder that hold no simulated world."""


def world_path(name: str) -> Path:
    """The file of a world.

    Raises:
        BadArgument: The name cannot be a world's.
    """
    if not _NAME.fullmatch(name) or name in _OTHERS:
        raise BadArgument(
            f"{name!r} cannot be a world's name.",
            remedy="Use small letters, digits and hyphens, but not demo or real.",
            field="--world",
        )
    return data_folder() / name / WORLD_FILE


def show_accounts(world: str, *, as_json: bool) -> None:
    answer = _ask(world, "GET", "accounts")
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
        return
    if not answer["accounts"]:
        typer.echo(f"World {world} has no accounts yet: each is opened at its first use, or by `kis-mcp sim deposit`.")
    for account in answer["accounts"]:
        cash = ", ".join(f"{amount} {currency}" for currency, amount in account["cash"].items())
        held = ", ".join(f"{quantity} of {symbol}" for symbol, quantity in account["positions"].items())
        typer.echo(f"{account['account']} ({account['host']} host): {cash}; holds {held or 'nothing'}")


def deposit(world: str, account: str, amount: str, currency: str, *, demo: bool) -> None:
    sent = {"account": account, "amount": amount.replace(",", ""), "currency": currency}
    answer = _ask(world, "POST", "deposits", sent, Host.DEMO if demo else Host.REAL)
    typer.echo(f"Account {answer['account']} of world {world} has {answer['cash']} {answer['currency']}.")


def show_seed(world: str) -> None:
    typer.echo(_ask(world, "GET", "world")["seed"])


def reset(world: str, seed: int | None, *, yes: bool) -> int:
    """The exit code: 0 when the world has begun anew. What is lost is asked about, unless ``yes``."""
    has = _ask(world, "GET", "world")
    if (has["accounts"] or has["orders"]) and not yes:
        if not sys.stdin.isatty():
            typer.echo(f"This forgets what world {world} has. Run it in a terminal, or with --yes.", err=True)
            return 2
        typer.echo(f"World {world} has {has['accounts']} accounts and {has['orders']} orders, which are forgotten.")
        if typer.prompt("Type RESET to begin it anew", default="", show_default=False) != "RESET":
            typer.echo("The world stays as it is.")
            return 1
    begun = _ask(world, "POST", "reset", {} if seed is None else {"seed": seed})
    typer.echo(f"World {world} has begun anew with seed {begun['seed']}.")
    return 0


def _ask(
    world: str, method: str, name: str, sent: Mapping[str, object] | None = None, host: Host = Host.REAL
) -> Mapping[str, Any]:
    path = world_path(world)
    try:
        private_folder(path.parent)
        return ask_world(path, method, name, sent, host=host)
    except Unanswered as refusal:
        raise BadArgument(
            f"World {world}: {refusal}.",
            remedy="Correct what it names; `kis-mcp sim --help` tells how it is written.",
            field="sim",
        ) from None
    except (OSError, sqlite3.Error) as error:
        raise unusable_disk(f"World {world} cannot be kept in {path.parent}: {error}.") from None
