"""Mandates and orders under them, for tests."""

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from kis_mcp.clock import KST
from kis_mcp.environment import Environment
from kis_mcp.trading.decision import Decision
from kis_mcp.trading.desk.ulid import new_ulid
from kis_mcp.trading.journal import Intent
from kis_mcp.trading.mandate import (
    Fill,
    Mandate,
    MandateBook,
    MandateCheck,
    MandatedOrder,
    MandateDraft,
    MandateRecord,
    MandateSymbol,
)
from kis_mcp.trading.mandate.terms import MandateTerms
from kis_mcp.trading.order import Action, Order, Side

NOW = datetime(2026, 3, 3, 10, 0, tzinfo=KST)
ORDER_CASH = "domestic_stock_order_cash"
SAMSUNG = MandateSymbol("005930", "KR", "삼성전자")
YES = Decision(verdict="accepted", channel="elicitation")


def draft(**changes: Any) -> MandateDraft:
    terms: dict[str, Any] = {
        "strategy": "sma-cross",
        "document": "d" * 64,
        "symbols": (SAMSUNG,),
        "sides": frozenset({"buy", "sell"}),
        "currency": "KRW",
        "most_per_order": Decimal(1_000_000),
        "most_in_all": Decimal(3_000_000),
        "orders_a_day": 5,
        "most_loss": Decimal(200_000),
    }
    return MandateDraft(**{**terms, **changes})


def mandate(**changes: Any) -> Mandate:
    one = draft()
    terms = {each.name: getattr(one, each.name) for each in fields(MandateTerms)}
    own: dict[str, Any] = {
        "id": new_ulid(NOW),
        "at": NOW,
        "environment": Environment.SIM,
        "account": "12****78-01",
        "account_id": "a",
        "until": NOW + timedelta(days=30),
    }
    return Mandate(**{**terms, **own, **changes})


def agreed(one: Mandate | None = None, decision: Decision = YES) -> MandateRecord:
    return MandateRecord(mandate=one or mandate(), decision=decision, decided_at=NOW)


def order(side: Side | None = "buy", quantity: int = 10, price: int = 70_000, **changes: Any) -> Order:
    plain = Order(
        kis_title="주식주문(현금)",
        action=Action.NEW,
        market="KR",
        symbol="005930",
        side=side,
        quantity=Decimal(quantity),
        price=Decimal(price),
        currency="KRW",
        amount=Decimal(quantity * price),
    )
    return replace(plain, **changes)


def mandated(one: Order, fill: Fill | None = None, **changes: Any) -> MandatedOrder:
    plain = MandatedOrder(
        intent_id=new_ulid(NOW), mandate_id="m", order=one, sent_at=NOW, may_stand=True, fill=fill or Fill()
    )
    return replace(plain, **changes)


def filled(quantity: int, price: int, *, is_over: bool = True) -> Fill:
    return Fill(quantity=Decimal(quantity), worth=Decimal(quantity * price), is_over=is_over)


def check(
    one: Order,
    *orders: MandatedOrder,
    record: MandateRecord | None = None,
    arguments: Mapping[str, object] | None = None,
    **changes: Any,
) -> MandateCheck:
    plain = MandateCheck(
        record=record or agreed(mandate(id="m")),
        book=MandateBook("m", orders),
        order=one,
        tool=ORDER_CASH,
        arguments=arguments or {"symbol": "005930", "side": one.side, "quantity": "10", "price": "70000"},
        account_id="a",
        environment=Environment.SIM,
        now=NOW,
    )
    return replace(plain, **changes)


def mandated_intent(mandate_id: str, one: Order | None = None, **changes: Any) -> Intent:
    wanted = one or order()
    plain = Intent(
        id=new_ulid(NOW),
        at=NOW,
        environment=Environment.SIM,
        account="12****78-01",
        account_id="a",
        tool=ORDER_CASH,
        arguments={"symbol": wanted.symbol, "side": wanted.side},
        order=wanted,
        fingerprint=new_ulid(NOW),
        mandate_id=mandate_id,
    )
    return replace(plain, **changes)
