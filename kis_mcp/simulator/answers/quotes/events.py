"""What the depository tells of companies: issues, splits, reductions, mergers, meetings and listings.

Only what has been announced by the time of the call is told. Trading never stops for an event here, so that no answer
has a period of suspended trading.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeAlias
from zlib import crc32

from kis_mcp.simulator.answers.placement import Answer
from kis_mcp.simulator.answers.quotes.subject import Facts, Subject
from kis_mcp.simulator.answers.quotes.subjects import subject_of
from kis_mcp.simulator.market.companies import last_year
from kis_mcp.simulator.market.history import to_tick
from kis_mcp.simulator.market.holidays import trading_day
from kis_mcp.simulator.market.market import Candle
from kis_mcp.simulator.market.rights import Right, events, par, shares
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.world import World

_BROKER = "모의증권"
_ISSUES = frozenset({"bonus_issue", "paid_in_issue", "public_offer"})
_REASONS = {
    "bonus_issue": "무상증자",
    "paid_in_issue": "유상증자",
    "public_offer": "유상증자",
    "split": "액면분할",
    "reverse_split": "액면병합",
    "capital_reduction": "감자",
}
_SUBSCRIPTION, _LEFT_OVER, _MEETING = 26, 30, 22
"""Trading days from an ex-date until shares are subscribed to, until those nobody took are offered to everyone, and
until a meeting decides about a merger."""

_FAIR_DAYS = (42, 21, 5)
"""Trading days of two months, a month and a week: the law's price for who objects is the mean of their averages."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens to a company, as of the time of a call."""

    subject: Subject
    right: Right

    def after(self, days: int) -> date:
        """The trading day so many after the ex-date."""
        return trading_day("KR", self.right.ex_date, days)

    @property
    def shares_before(self) -> int:
        return shares(self.subject.instrument, trading_day("KR", self.right.ex_date, -1))

    @property
    def shares_after(self) -> int:
        return shares(self.subject.instrument, self.right.ex_date)

    @property
    def issue_price(self) -> int | None:
        """Of new shares that are paid for, from the last close before; None until that is known."""
        before = trading_day("KR", self.right.ex_date, -1)
        if not self.right.discount or before >= self.subject.quote.day:
            return None
        stock = self.subject.instrument
        bar = self.subject.market.history(stock).bar(before)
        return to_tick(stock, bar.close * (100 - self.right.discount) / 100) if bar else None

    def facts(self) -> dict[str, object]:
        """What every answer says of it."""
        return {
            "record_date": self.right.record_date,
            "symbol": self.right.symbol,
            "name": self.subject.instrument.name_ko,
            "stock_type": "보통",
            "listing_date": self.right.pay_date,
        }


Rows: TypeAlias = Callable[[Event], Iterator[tuple[date, Facts]]]
"""Rows about an event, each with the day by which it is looked for."""


def _paid_in(event: Event) -> Iterator[tuple[date, Facts]]:
    yield (
        event.right.record_date,
        {
            **event.facts(),
            "total_issued_shares": event.shares_before,
            "newly_issued_shares": event.shares_after - event.shares_before,
            "allotment_rate": event.right.rate,
            "discount_rate": event.right.discount,
            "expected_issue_price": event.issue_price,
            "ex_right_date": event.right.ex_date,
            "subscription_period": _period(event.after(_SUBSCRIPTION), event.after(_SUBSCRIPTION + 1)),
            "subscribed": event.after(_SUBSCRIPTION),
        },
    )


def _bonus(event: Event) -> Iterator[tuple[date, Facts]]:
    right, subject = event.right, event.subject
    bar = subject.market.history(subject.instrument).bar(right.pay_date)
    yield (
        right.record_date,
        {
            **event.facts(),
            "total_issued_shares": event.shares_before,
            "newly_issued_shares": event.shares_after - event.shares_before,
            "allotment_rate": right.rate,
            "ex_right_date": right.ex_date,
            "fractional_share_base_price": bar.close if bar and right.pay_date < subject.quote.day else None,
            "fractional_share_payment_date": trading_day("KR", right.pay_date, 5),
        },
    )


def _reduction(event: Event) -> Iterator[tuple[date, Facts]]:
    more = {"capital_reduction_type": "무상감자", "capital_reduction_rate": event.right.rate}
    yield event.right.record_date, {**event.facts(), **more, "calculation_method": "곱하기"}


def _split(event: Event) -> Iterator[tuple[date, Facts]]:
    stock, right = event.subject.instrument, event.right
    values = {"par_value_before": par(stock, right.record_date), "par_value_after": par(stock, right.ex_date)}
    yield right.record_date, {**event.facts(), **values}


def _merger(event: Event) -> Iterator[tuple[date, Facts]]:
    yield (
        event.right.record_date,
        {
            **event.facts(),
            "merged_company_name": event.right.other,
            "merging_company_name": event.subject.instrument.name_ko,
            "merger_reason": "합병",
            "merger_ratio": event.right.rate,
            "total_issued_shares": event.shares_after,
            "newly_issued_shares": event.shares_after - event.shares_before,
        },
    )


def _purchase(event: Event) -> Iterator[tuple[date, Facts]]:
    """For who objects to a merger."""
    meeting = event.after(_MEETING)
    yield (
        event.right.record_date,
        {
            **event.facts(),
            "opposition_deadline": f"{trading_day('KR', meeting, -1):%Y%m%d}",
            "purchase_request_deadline": f"{trading_day('KR', meeting, 14):%Y%m%d}",
            "purchase_request_price": _fair_price(event),
            "purchase_payment_date": trading_day("KR", meeting, 20),
            "shareholder_meeting_date": meeting,
        },
    )


def _extraordinary(event: Event) -> Iterator[tuple[date, Facts]]:
    meeting: Facts = {
        "shareholder_meeting_date": event.after(_MEETING),
        "shareholder_meeting_type": "임시",
        "agenda": f"[모의] {event.right.other} 합병계약 승인",
        "total_voting_shares": event.shares_after,
    }
    yield event.right.record_date, {**event.facts(), **meeting}


def _offer(event: Event) -> Iterator[tuple[date, Facts]]:
    day = event.right.ex_date
    yield (
        day,
        {
            **event.facts(),
            "record_date": day,
            "offering_price": event.issue_price,
            "par_value": par(event.subject.instrument, day),
            "subscription_period": _period(day, event.after(1)),
            "payment_date": event.after(3),
            "refund_date": event.after(3),
            "lead_manager": _BROKER,
        },
    )


def _left_over(event: Event) -> Iterator[tuple[date, Facts]]:
    """Shares that their holders did not subscribe to: some percent of the new ones."""
    percent = 3 + crc32(event.right.symbol.encode()) % 10
    new = event.shares_after - event.shares_before
    yield (
        event.right.record_date,
        {
            **event.facts(),
            "subscription_period": _period(event.after(_LEFT_OVER), event.after(_LEFT_OVER + 1)),
            "offering_price": event.issue_price,
            "offering_shares": new * percent // 100,
            "refund_date": event.after(_LEFT_OVER + 3),
            "lead_manager": _BROKER,
        },
    )


def _lock_up(event: Event) -> Iterator[tuple[date, Facts]]:
    """The shares of a public offer, for a year; KIS counts their part of all in hundredths of a percent."""
    start, locked = event.right.pay_date, event.shares_after - event.shares_before
    part = Decimal(locked) * 10_000 / event.shares_after
    yield (
        start,
        {
            **event.facts(),
            "deposited_shares": locked,
            "deposit_period": _period(start, date(start.year + 1, start.month, start.day)),
            "deposit_reason": "모집매출",
            "deposited_share_rate": part.quantize(Decimal("0.01")),
        },
    )


def _listing(event: Event) -> Iterator[tuple[date, Facts]]:
    right = event.right
    yield (
        right.pay_date,
        {
            **event.facts(),
            "issue_reason": _REASONS[right.kind],
            "newly_listed_shares": event.shares_after - (event.shares_before if right.kind in _ISSUES else 0),
            "total_issued_shares": event.shares_after,
            "issue_price": event.issue_price,
        },
    )


def _fair_price(event: Event) -> Decimal:
    subject, until = event.subject, trading_day("KR", event.right.announced, -1)
    market, stock = subject.market, subject.instrument
    days = market.days(stock, subject.now, until=until, count=max(_FAIR_DAYS), adjusted=False)
    means = [_mean(days[:count]) for count in _FAIR_DAYS]
    return (sum(means, Decimal(0)) / len(means)).quantize(Decimal(1))


def _mean(days: list[Candle]) -> Decimal:
    """Of closes, each as often as shares were traded."""
    return sum((day.close * day.volume for day in days), Decimal(0)) / sum(day.volume for day in days)


def _period(start: date, end: date) -> str:
    return f"{start:%Y/%m/%d} ~ {end:%Y/%m/%d}"


_SPLITS = ("split", "reverse_split")
_ROWS: Mapping[str, tuple[tuple[str, ...], Rows]] = {
    "paidin_capin": (("paid_in_issue",), _paid_in),
    "bonus_issue": (("bonus_issue",), _bonus),
    "cap_dcrs": (("capital_reduction",), _reduction),
    "rev_split": (_SPLITS, _split),
    "merger_split": (("merger",), _merger),
    "purreq": (("merger",), _purchase),
    "sharehld_meet": (("merger",), _extraordinary),
    "pub_offer": (("public_offer",), _offer),
    "forfeit": (("paid_in_issue",), _left_over),
    "mand_deposit": (("public_offer",), _lock_up),
    "list_info": (tuple(_REASONS), _listing),
}
"""API → the kinds of events that it tells, and how."""

_PREFIX = "domestic_stock_ksdinfo_"


def depository(world: World, call: Call) -> Answer:
    """The events within the days that were asked for, the latest first."""
    api = call.api.tool.removeprefix(_PREFIX)
    kinds, rows = _ROWS[api]
    found = list(_meetings(world, call)) if api == "sharehld_meet" else []
    for event in _events(world, call):
        if event.right.kind in kinds:
            found += rows(event)
    if call.arguments.get("date_basis") == "subscription":
        found = [(day, row) for _, row in found if isinstance(day := row["subscribed"], date)]
    found = [(day, row) for day, row in found if call.covers(day)]
    found.sort(key=lambda pair: pair[0], reverse=True)
    return {call.api.blocks[0].key: [row for _, row in found]}


def companies(world: World, call: Call) -> list[Subject]:
    """The Korean company that a call asks about, or each of the board that it asks for."""
    subject = subject_of(world, call)
    if subject is not None:
        return [subject] if subject.instrument.kind == "stock" else []
    board = call.arguments.get("market", "all")
    listed = [i for i in world.market.instruments.values() if i.country == "KR" and i.kind == "stock"]
    return [Subject(world.market, i, call.now) for i in listed if board in ("all", i.board)]


def _events(world: World, call: Call) -> Iterator[Event]:
    for subject in companies(world, call):
        for right in events(subject.instrument):
            if right.announced <= subject.quote.day:
                yield Event(subject, right)


def _meetings(world: World, call: Call) -> Iterator[tuple[date, Facts]]:
    """Each company's yearly meeting about the years whose statements are known, in the second half of March."""
    for subject in companies(world, call):
        stock, newest = subject.instrument, last_year(subject.quote.day)
        for year in range(newest, newest - 5, -1):
            record = date(year, 12, 31)
            steps = 1 + crc32(stock.symbol.encode()) % 10
            yield (
                record,
                {
                    "record_date": record,
                    "symbol": stock.symbol,
                    "name": stock.name_ko,
                    "shareholder_meeting_date": trading_day("KR", date(year + 1, 3, 15), steps),
                    "shareholder_meeting_type": "정기",
                    "agenda": "[모의] 재무제표 승인, 이사 선임",
                    "total_voting_shares": shares(stock, record),
                },
            )


EVENTS: Mapping[str, Callable[[World, Call], Answer]] = dict.fromkeys((_PREFIX + api for api in _ROWS), depository)
