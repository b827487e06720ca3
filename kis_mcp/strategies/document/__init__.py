"""Strategies as documents: what can be written in one, reading and checking it, KIS' own file format."""

from kis_mcp.strategies.document.conditions import (
    CROSSINGS,
    All,
    Any,
    Compare,
    Condition,
    Holding,
    Not,
    PatternSeen,
    TimeOfDay,
)
from kis_mcp.strategies.document.doubts import doubts_of
from kis_mcp.strategies.document.given import normal_form, read_given
from kis_mcp.strategies.document.in_words import rule_in_words
from kis_mcp.strategies.document.kis_file import is_kis_form
from kis_mcp.strategies.document.operands import POSITION_STATES, PRICES, Derived, Operand, is_number
from kis_mcp.strategies.document.presets import ENGLISH_TITLES, preset_names, read_preset
from kis_mcp.strategies.document.reading import examine, read_strategy
from kis_mcp.strategies.document.resolve import resolve
from kis_mcp.strategies.document.schema import strategy_schema
from kis_mcp.strategies.document.strategy import Exits, Limits, Parameter, Sizing, Strategy, Universe
from kis_mcp.strategies.document.texts import read_text

__all__ = [
    "CROSSINGS",
    "ENGLISH_TITLES",
    "POSITION_STATES",
    "PRICES",
    "All",
    "Any",
    "Compare",
    "Condition",
    "Derived",
    "Exits",
    "Holding",
    "Limits",
    "Not",
    "Operand",
    "Parameter",
    "PatternSeen",
    "Sizing",
    "Strategy",
    "TimeOfDay",
    "Universe",
    "doubts_of",
    "examine",
    "is_kis_form",
    "is_number",
    "normal_form",
    "preset_names",
    "read_given",
    "read_preset",
    "read_strategy",
    "read_text",
    "resolve",
    "rule_in_words",
    "strategy_schema",
]
