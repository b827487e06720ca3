"""The port to a cache of KIS' answers, and how long they may be reused."""

from collections.abc import Mapping
from typing import Protocol

from kis_mcp.catalog.gateway import KisReply
from kis_mcp.catalog.model import CacheClass

CACHE_LIFETIMES: Mapping[CacheClass, float] = {"quote": 5, "account": 30, "reference": 3600, "day": 86_400}
"""Seconds, by the class that a row of the table names."""


class ReplyCache(Protocol):
    """Answers by request, kept for a while. Never fails: a broken cache is an empty one."""

    def get(self, key: str) -> KisReply | None:
        """The answer kept under ``key``, unless its time is over."""
        ...

    def put(self, key: str, reply: KisReply, seconds: float, tag: str) -> None:
        """Keep an answer for so long."""
        ...

    def drop(self, tag: str) -> None:
        """Forget every answer that was put with ``tag``."""
        ...
