"""What an alert is: a rule, its firings and their deliveries. Pure."""

import secrets
from base64 import b32encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from kis_mcp.environment import Environment
from kis_mcp.streams import Condition

MOST_RULES = 50
"""Rules that are kept at a time: KIS has 41 slots, and rules of one instrument share them."""

DEFAULT_DURATION = timedelta(days=30)
LONGEST_DURATION = timedelta(days=366)

Stage: TypeAlias = Literal["active", "fired", "expired"]
DeliveryState: TypeAlias = Literal["waiting", "delivered", "given_up"]
Say: TypeAlias = Callable[[str], str]
Outcome: TypeAlias = Literal["delivered", "refused", "failed", "unclear"]


@dataclass(frozen=True, slots=True)
class Rule:
    """What fires, how often and until when.

    Attributes:
        cooldown: How long it stays silent after each firing; None for a rule that ends with its first.
        until: When it ends unfired.
        state: Where its condition stands, as `Evaluation.state` has it; None before it was ever kept.
        watching: "watched", or "not watched: " and why and since when; "" before anybody tried.
        fired_at: When it last fired.
        firings: How often it did.
    """

    id: str
    condition: Condition
    created_at: datetime
    until: datetime
    cooldown: timedelta | None = None
    state: object = None
    watching: str = ""
    fired_at: datetime | None = None
    firings: int = 0

    def stage(self, now: datetime) -> Stage:
        if self.cooldown is None and self.firings:
            return "fired"
        return "active" if now < self.until else "expired"

    def may_fire(self, now: datetime) -> bool:
        """Whether a condition that comes about at this moment counts."""
        rests = self.cooldown is not None and self.fired_at is not None and now - self.fired_at < self.cooldown
        return self.stage(now) == "active" and not rests


@dataclass(frozen=True, slots=True)
class Firing:
    """One time that a rule's condition came about.

    Attributes:
        id: The same for every attempt to deliver it.
        words: What met the condition.
        after_gap: Whether it was seen by a quote after a time in which nobody watched, so that it came about earlier.
        text: What people are sent.
        number: Its place in the journal; 0 before it is there.
    """

    id: str
    rule_id: str
    at: datetime
    words: str
    after_gap: bool
    text: str
    number: int = 0


@dataclass(frozen=True, slots=True)
class Notice:
    """What is sent of a firing. It names no account."""

    id: str
    rule_id: str
    environment: Environment
    at: datetime
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """How one try to deliver ended.

    Attributes:
        outcome: ``delivered`` was acknowledged; ``refused`` never will be; ``failed`` did not arrive; of an
            ``unclear`` one nobody knows.
        words: Why, without address and secret.
    """

    outcome: Outcome
    words: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where a firing stands with one channel.

    Attributes:
        channel: Its kind, such as ``ntfy``.
        attempts: How many were made.
        words: How the last one ended; "" before any.
        next_at: When the next is due; of one that is not waiting, when the last was made.
    """

    firing: Firing
    channel: str
    state: DeliveryState
    attempts: int
    words: str
    next_at: datetime


def new_rule(condition: Condition, now: datetime, until: datetime, cooldown: timedelta | None) -> Rule:
    return Rule(f"a{b32encode(secrets.token_bytes(5)).decode().lower()}", condition, now, until, cooldown)


def new_firing(rule: Rule, at: datetime, words: str, text: str, *, after_gap: bool) -> Firing:
    return Firing(f"f{secrets.token_hex(8)}", rule.id, at, words, after_gap, text)


def describe(words: str, names: "list[str]", *, after_gap: bool) -> str:
    """What people are sent: what happened, with the names of the instruments where they are known."""
    named = f"{', '.join(names)}: {words}" if names else words
    return f"{named}. Seen after a gap in watching: it may have happened earlier." if after_gap else f"{named}."


def notice_of(firing: Firing, environment: Environment, say: Say = str) -> Notice:
    """What is sent of a firing, in the language of who reads it."""
    where = "" if environment is Environment.REAL else f" ({environment})"
    return Notice(firing.id, firing.rule_id, environment, firing.at, say(f"KIS alert{where}"), say(firing.text))
