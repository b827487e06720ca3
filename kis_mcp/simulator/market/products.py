"""Products of the derivatives exchanges abroad: ``products_abroad.csv``, with the hours that the exchanges keep."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from functools import cache
from typing import TypeAlias
from zoneinfo import ZoneInfo

from kis_mcp.catalog import csv_rows, resources_folder
from kis_mcp.clock import KST

Hours: TypeAlias = tuple[time, time]
"""From and to, local; what ends before it begins has begun on the day before."""


@dataclass(frozen=True, slots=True)
class Product:
    """What its contracts have in common.

    Attributes:
        exchange: A word of exchanges.csv.
        sub_exchange: The market within it, such as COMEX.
        product_class: KIS' number: 001 currencies, 002 rates, 003 indices, 004 crops, 005 livestock, 006 metals,
            007 energy.
        pays_cash: At expiry; otherwise the thing itself is delivered.
        whole: From a trading day's first to its last trade, the night that follows aside.
        morning, afternoon, night: Sessions of their own, where there are such.
    """

    code: str
    name_ko: str
    exchange: str
    sub_exchange: str
    product_class: str
    pays_cash: bool
    timezone: tzinfo
    whole: Hours
    morning: Hours | None
    afternoon: Hours | None
    night: Hours | None

    def in_korea(self, hours: Hours, day: date) -> tuple[datetime, datetime]:
        """A session of a trading day in Korean time. A night follows its day."""
        start, end = hours
        first = day - timedelta(days=1) if start > end and hours != self.night else day
        last = day + timedelta(days=1) if start > end and hours == self.night else day
        opens, closes = datetime.combine(first, start, self.timezone), datetime.combine(last, end, self.timezone)
        return opens.astimezone(KST), closes.astimezone(KST)


@cache
def products() -> Mapping[str, Product]:
    """The products by their codes, in the order of their file."""
    rows = csv_rows(resources_folder() / "simulator" / "products_abroad.csv")
    return {row["product"]: _product(row) for row in rows}


def _product(row: dict[str, str]) -> Product:
    whole = _hours(row["whole"])
    assert whole is not None
    return Product(
        code=row["product"],
        name_ko=row["name_ko"],
        exchange=row["exchange"],
        sub_exchange=row["sub_exchange"],
        product_class=row["class"],
        pays_cash=row["settlement"] == "cash",
        timezone=ZoneInfo(row["timezone"]),
        whole=whole,
        morning=_hours(row["morning"]),
        afternoon=_hours(row["afternoon"]),
        night=_hours(row["night"]),
    )


def _hours(text: str) -> Hours | None:
    if not text:
        return None
    start, end = text.split("-")
    return time.fromisoformat(start), time.fromisoformat(end)
