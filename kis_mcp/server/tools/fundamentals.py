"""The core tool that tells the figures of one company."""

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from kis_mcp.catalog import Page, Record
from kis_mcp.clock import KST
from kis_mcp.environment import Environment
from kis_mcp.errors import BadArgument, KisMcpError
from kis_mcp.market import KOREA, UNITS, YEAR_TO_DATE, Section, has_company, join_rows, parts_of, read_part
from kis_mcp.server.tools.at_once import read_at_once
from kis_mcp.server.tools.call import Call, page
from kis_mcp.server.tools.subjects import resolve_subject

_VALUATION: Section = "valuation"
_ONLY_IN_KOREA = "KIS has statements, ratios, estimates and opinions of Korean companies only."


_YEARS_ONLY = "The simulator leaves quarterly statements and ratios empty; it has them with period=annual."


async def get_fundamentals(call: Call) -> Page:
    values, reads = call.values(), await call.reads()
    subject = await resolve_subject(call, "symbol", values["symbol"])
    if not has_company(subject):
        raise BadArgument(
            f"{subject.symbol} is no company's stock.",
            remedy="Give a stock's symbol, or read a price with get_quotes.",
            field="symbol",
        )
    every: list[Section] = [block.name for block in call.api.blocks]  # pyright: ignore[reportAssignmentType]
    sections: list[Section] = values.get("sections") or every
    parts = parts_of(subject, sections)
    if not parts:
        raise BadArgument(_ONLY_IN_KOREA, remedy="Ask for valuation or dividends.", field="sections")
    today = reads.clock().astimezone(KST).date()
    read = partial(read_part, reads, subject=subject, period=values["period"], limit=values["limit"], today=today)
    answers = await read_at_once({part.tool: partial(read, part) for part in parts})
    found: dict[str, Any] = {}
    for section in dict.fromkeys(part.section for part in parts):
        tools = [part.tool for part in parts if part.section == section]
        whole = join_rows([rows for tool in tools if not isinstance(rows := answers[tool], KisMcpError)])
        errors: list[Record] = [
            {"error": f"{tool}: {failed}"} for tool in tools if isinstance(failed := answers[tool], KisMcpError)
        ]
        rows = [*whole, *errors]
        found[section] = (rows[0] if rows else {}) if section == _VALUATION else rows
    notes = [UNITS] if subject.market == KOREA else [_ONLY_IN_KOREA]
    if subject.market != KOREA and (note := _where_amounts_are(subject.symbol, found.get("dividends", []))):
        notes.append(note)
    if values["period"] == "quarter" and subject.market == KOREA:
        notes += _quarters(call.environment, found)
    failed = any(isinstance(answer, KisMcpError) for answer in answers.values())
    blocks = {name: found.get(name, {} if name == _VALUATION else []) for name in every if name in sections}
    return page(reads.as_of, notes=[*notes, *reads.notes], complete=not failed, **blocks)


def _quarters(environment: Environment, found: Mapping[str, Any]) -> list[str]:
    """What has to be known of quarterly figures, where some were asked for."""
    if found.get("statements"):
        return [YEAR_TO_DATE]
    is_left_empty = environment is Environment.SIM and any(found.get(name) == [] for name in ("statements", "ratios"))
    return [_YEARS_ONLY] if is_left_empty else []


def _where_amounts_are(symbol: str, dividends: Sequence[Record]) -> str:
    """The call that tells how much the newest of these dividends is; empty where none has a day of record."""
    day = next((str(row["record_date"]) for row in dividends if row.get("record_date")), "")
    if not day:
        return ""
    arguments = json.dumps({"start_date": day, "end_date": day, "event": "dividend"})
    return (
        "KIS tells the days of dividends here without amounts. For the amount of one (allotment_fx_price in the row of"
        f" {symbol}): call call_read_tool with name=overseas_stock_period_rights, arguments={arguments}, where the"
        " days are its record_date."
    )
