"""``kis-mcp orders``: the record of orders, on the screen, as JSON, or as a day's CSV file."""

import csv
import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import typer

from kis_mcp.catalog import to_json
from kis_mcp.cli.words import say, tell
from kis_mcp.clock import system_clock
from kis_mcp.environment import Environment
from kis_mcp.trading.blotter import COLUMNS, OrderHistory
from kis_mcp.wiring import load_settings, read_order_records

_LEADING = ("at", "state", "ours", "side", "symbol", "quantity", "price", "filled_quantity", "order_id", "decided_by")
_FORMULA = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")


def show(environment: Environment | None, days: int, *, ask_kis: bool, as_json: bool) -> None:
    """Print the orders of the last days, today included."""
    end = system_clock().date()
    found, where = _records(environment, end - timedelta(days=days - 1), end, ask_kis=ask_kis)
    orders = [order.facts() for order in found.orders]
    if as_json:
        report = {"environment": where.value, "orders": to_json(orders), "notes": found.notes}
        typer.echo(json.dumps(report, ensure_ascii=False))
        return
    from rich.console import Console

    from kis_mcp.cli.show import show_block

    names = (*_LEADING, *(name for name in COLUMNS if name not in _LEADING))
    rows = [{name: _cell(facts.get(name, "")) for name in names} for facts in orders]
    console = Console()
    show_block(console, f"orders in {where}", rows)
    for note in found.notes:
        console.print(say(f"note: {note}"), style="dim", markup=False)


def export(environment: Environment | None, folder: Path, day: date | None, *, ask_kis: bool) -> None:
    """Write the orders of one day, by default today, to ``orders-<environment>-<day>.csv`` and print its path."""
    day = day or system_clock().date()
    found, where = _records(environment, day, day, ask_kis=ask_kis)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"orders-{where.value}-{day}.csv"
    write_csv(path, (order.facts() for order in found.orders))
    typer.echo(str(path))
    for note in found.notes:
        tell(f"note: {note}", err=True)


def write_csv(path: Path, orders: Iterable[Mapping[str, object]]) -> None:
    """Write a file that only its owner may read, whole or not at all, and that no spreadsheet runs formulas from."""
    descriptor, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8-sig", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(COLUMNS)
            rows.writerows([_harmless(facts.get(name, "")) for name in COLUMNS] for facts in orders)
        Path(draft).replace(path)
    finally:
        Path(draft).unlink(missing_ok=True)


def _records(
    environment: Environment | None, start: date, end: date, *, ask_kis: bool
) -> tuple[OrderHistory, Environment]:
    chosen: dict[str, Any] = {"env": environment} if environment else {}
    settings = load_settings(**chosen)
    where = settings.environment

    async def read() -> OrderHistory:
        return await read_order_records(settings, where, start, end, ask_kis=ask_kis)

    return anyio.run(read), where


def _cell(value: object) -> object:
    return value.isoformat(sep=" ", timespec="seconds") if isinstance(value, datetime) else to_json(value)


def _harmless(value: object) -> object:
    cell = _cell(value)
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
