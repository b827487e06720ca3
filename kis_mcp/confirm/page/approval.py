"""One question on one page, from its opening to the one decision on it."""

import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import anyio
import anyio.to_thread

from kis_mcp.clock import Clock
from kis_mcp.confirm.pin import MOST_WRONG_PINS, Pin
from kis_mcp.trading.decision import Decision, Verdict
from kis_mcp.trading.desk import QuestionFacts


class Notice(StrEnum):
    """Why an answer that came in decided nothing."""

    WRONG_PIN = "wrong_pin"
    NO_PIN = "no_pin"
    OUTDATED = "outdated"


class Approval:
    """A question that waits for its person. The first decision counts; whatever comes later changes nothing.

    Attributes:
        facts: What is asked.
        expires_at: Until when.
        path: The last part of the page's address, known only to whom it was shown.
        cookie: What the first visitor's browser gets. Without it nothing is shown and nothing can be answered.
        decision: None while it is open.
    """

    def __init__(self, facts: QuestionFacts, expires_at: datetime, pin: Pin, clock: Clock) -> None:
        self.facts = facts
        self.expires_at = expires_at
        self.path = secrets.token_urlsafe(32)
        self.cookie = secrets.token_urlsafe(32)
        self.decision: Decision | None = None
        self._pin = pin
        self._clock = clock
        self._form_key = secrets.token_bytes(32)
        self._is_visited = False
        self._wrong = 0
        self._answering = anyio.Lock()
        self._decided = anyio.Event()

    @property
    def tries_left(self) -> int:
        return MOST_WRONG_PINS - self._wrong

    @property
    def seconds_left(self) -> float:
        return max(0.0, (self.expires_at - self._clock()).total_seconds())

    @property
    def form_token(self) -> str:
        """Goes with the form. A wrong PIN uses it up, so that a form that is sent again is no second try."""
        return hmac.digest(self._form_key, str(self._wrong).encode(), "sha256").hex()

    def let_in(self) -> bool:
        """Whether this is the first visitor, who gets the cookie; nobody else ever does."""
        is_first, self._is_visited = not self._is_visited, True
        return is_first

    async def answer(self, form: Mapping[str, str]) -> Notice | None:
        """Take what the form brought: ``form_token``, ``answer`` (approve or reject) and ``pin``.

        Rejecting needs no PIN, only the cookie: it lets nothing out.

        Returns:
            Why there is still no decision; None if there is one.
        """
        async with self._answering:
            if not self.seconds_left:
                self.expire()
            if self.decision is not None:
                return None
            if not hmac.compare_digest(form.get("form_token", "").encode(), self.form_token.encode()):
                return Notice.OUTDATED
            match form.get("answer"):
                case "reject":
                    self.decide("declined", "rejected on the page")
                    return None
                case "approve":
                    return await self._approve(form.get("pin", ""))
                case _:
                    return Notice.OUTDATED

    def decide(self, verdict: Verdict, reason: str = "") -> None:
        """Decide it, unless that was done."""
        if self.decision is None:
            self.decision = Decision(verdict=verdict, channel="page", reason=reason)
            self._decided.set()

    def expire(self) -> None:
        self.decide("cancelled", "nobody answered in time")

    async def wait(self) -> Decision:
        await self._decided.wait()
        assert self.decision is not None
        return self.decision

    async def _approve(self, pin: str) -> Notice | None:
        if not pin:
            return Notice.NO_PIN
        if await anyio.to_thread.run_sync(self._pin.matches, pin):
            self.decide("accepted")
            return None
        self._wrong += 1
        if self.tries_left == 0:
            self.decide("declined", f"{MOST_WRONG_PINS} wrong PINs")
        return Notice.WRONG_PIN if self.decision is None else None
