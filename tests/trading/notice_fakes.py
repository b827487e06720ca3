"""KIS' notices of orders as tests make them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from kis_mcp.account import Account
from kis_mcp.errors import KisMcpError
from kis_mcp.market import OrderNotice, ReadNotices
from kis_mcp.market.order_notices import OrderEvent
from kis_mcp.trading.desk import NoticeReceiver

ACCOUNT = Account("12345678", "01")


def notice(event: str, at: datetime, order_id: str = "0000000001", **values: Any) -> OrderNotice:
    """Of a purchase of 10 shares at 70,000 won, unless ``values`` say otherwise."""
    terms: dict[str, Any] = {
        "category": "domestic_stock",
        "accounts": (ACCOUNT,),
        "market": "KR",
        "exchange": "krx",
        "branch": "06010",
        "symbol": "005930",
        "side": "buy",
        "quantity": 10,
        "price": 70000,
        "stamp": f"{at:%H:%M:%S}",
        "kis_time": at.time(),
        **values,
    }
    numbers: dict[str, Any] = {name: Decimal(value) for name, value in terms.items() if isinstance(value, int)}
    return OrderNotice(event=cast(OrderEvent, event), order_id=order_id, received_at=at, **terms | numbers)


def fill(filled: int, at: datetime, price: int = 69900, **values: Any) -> OrderNotice:
    return notice("filled", at, fill_quantity=filled, fill_price=price, **values)


@dataclass
class FakeNotices:
    """A source that tests tell from: it opens, or fails as often as it is told to."""

    failures: list[KisMcpError] = field(default_factory=list[KisMcpError])
    opened: list[str] = field(default_factory=list[str])
    receiver: NoticeReceiver | None = None

    async def open(self, category: str, receiver: NoticeReceiver) -> bool:
        if self.failures:
            raise self.failures.pop()
        self.opened.append(category)
        self.receiver = receiver
        return True

    def tell(self, *notices: OrderNotice, problems: Sequence[str] = ()) -> None:
        assert self.receiver is not None
        self.receiver.receive(ReadNotices(notices, tuple(problems)))
