"""What the notices of all categories have in common."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from kis_mcp.simulator.engine.events import OrderEvent
from kis_mcp.simulator.engine.model import Action, InForce
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.world import World

ORDER, FILL = "1", "2"
"""CNTG_YN."""

_CONDITIONS = {InForce.IOC: "1", InForce.FOK: "2"}


class Stage(StrEnum):
    """How far an order is; its values are KIS' codes (ACPT_YN)."""

    RECEIVED = "1"
    CONFIRMED = "2"
    CUT = "3"


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell about an order.

    Attributes:
        hts_id: Whom it is told.
        quantity, price: Of the execution; else what was ordered, or what was cut.
    """

    event: OrderEvent
    hts_id: str
    account: str
    instrument: Instrument
    stage: Stage
    quantity: int
    price: Decimal
    at: datetime

    @property
    def is_fill(self) -> bool:
        return self.event.fill is not None

    @property
    def elements(self) -> dict[str, str]:
        """The elements that stocks and Korean contracts share. No order is refused once it has a number here."""
        order = self.event.order
        return {
            "CUST_ID": self.hts_id,
            "ACNT_NO": self.account,
            "ODER_NO": order.number,
            "OODER_NO": order.original,
            "SELN_BYOV_CLS": order.side.value,
            "RCTF_CLS": order.action.value[-1],
            "STCK_SHRN_ISCD": order.symbol,
            "CNTG_QTY": f"{self.quantity:010}",
            "RFUS_YN": "0",
            "CNTG_YN": FILL if self.is_fill else ORDER,
            "ACPT_YN": self.stage.value,
        }

    @property
    def condition(self) -> str:
        """ODER_COND: none, IOC or FOK."""
        return _CONDITIONS.get(self.event.order.in_force, "0")


def notices_of(world: World, event: OrderEvent, hts_id: str) -> Sequence[Notice]:
    """What there is to tell of an event: a change is received, and confirmed at once."""
    order, fill = event.order, event.fill
    account = world.books.accounts[order.account]
    who = (event, hts_id, account.number + account.product, world.market.instruments[order.symbol])
    if fill is not None:
        return [Notice(*who, Stage.CONFIRMED, fill.quantity, fill.price, fill.at)]
    if event.is_cut:
        return [Notice(*who, Stage.CUT, order.cancelled, order.price, order.placed_at)]
    stages = (Stage.RECEIVED,) if order.action is Action.NEW else (Stage.RECEIVED, Stage.CONFIRMED)
    return [Notice(*who, stage, order.quantity, order.price, order.placed_at) for stage in stages]


def scaled(price: Decimal, decimals: int, digits: int = 9) -> str:
    """A price without its point, which stands before its last so many decimals."""
    return f"{int(price.scaleb(decimals)):0{digits}}"
