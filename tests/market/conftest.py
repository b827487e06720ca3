"""A KIS in memory: one function per path, and what it was asked."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import pytest

from kis_mcp.catalog.apis import KisApis
from kis_mcp.catalog.gateway import KisReply, KisRequest, MayLeave, WaitReporter
from kis_mcp.catalog.loader import catalog
from kis_mcp.clock import KST
from kis_mcp.environment import Environment

Answer = Callable[[Mapping[str, str]], dict[str, Any]]


class FakeGateway:
    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[KisRequest] = []

    async def read(self, request: KisRequest, *, waiting: WaitReporter | None = None) -> KisReply:
        self.asked.append(request)
        return KisReply(self.answers[request.path.rsplit("/", 1)[1]](request.elements))

    async def order(self, request: KisRequest, may_leave: MayLeave) -> KisReply:
        raise AssertionError("reading the market sends no order")


class NoCache:
    def get(self, key: str) -> KisReply | None:
        return None

    def put(self, key: str, reply: KisReply, seconds: float, tag: str) -> None: ...

    def drop(self, tag: str) -> None: ...


NOW = datetime(2026, 3, 4, 13, 30, 20, tzinfo=KST)


@pytest.fixture
def gateway() -> FakeGateway:
    return FakeGateway()


@pytest.fixture
def apis(gateway: FakeGateway) -> KisApis:
    return apis_of(gateway, Environment.SIM)


def apis_of(gateway: FakeGateway, environment: Environment) -> KisApis:
    return KisApis(catalog(), gateway, NoCache(), environment=environment, accounts={}, clock=lambda: NOW)
