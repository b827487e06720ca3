"""Alerts that outlive a chat: persisted rules, who keeps them, what fired, and how it is delivered. It never orders."""

from kis_mcp.alerts.courier import Courier
from kis_mcp.alerts.keeper import Keeper
from kis_mcp.alerts.kept_rule import WATCHED
from kis_mcp.alerts.ports import AlertStore, NoticeChannel, ReadPrice
from kis_mcp.alerts.rules import (
    DEFAULT_DURATION,
    LONGEST_DURATION,
    MOST_RULES,
    Attempt,
    Delivery,
    Firing,
    Notice,
    Rule,
    new_rule,
)

__all__ = [
    "DEFAULT_DURATION",
    "LONGEST_DURATION",
    "MOST_RULES",
    "WATCHED",
    "AlertStore",
    "Attempt",
    "Courier",
    "Delivery",
    "Firing",
    "Keeper",
    "Notice",
    "NoticeChannel",
    "ReadPrice",
    "Rule",
    "new_rule",
]
