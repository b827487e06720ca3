"""A request that has passed the gateway, as the services see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import cached_property

from kis_mcp.catalog import Api
from kis_mcp.simulator.wire.elements import without_prefix
from kis_mcp.simulator.wire.hosts import Host
from kis_mcp.simulator.wire.received import Received
from kis_mcp.simulator.wire.replies import missing_element, wrong_element


@dataclass(frozen=True)
class Call:
    """One API's call.

    Attributes:
        elements: What was sent, names in upper case.
        owner: Digest of the app key.
        word: Which of the API's TR ids was sent: the words that choose it.
    """

    host: Host
    api: Api
    word: str
    elements: Mapping[str, str]
    owner: str
    now: datetime
    received: Received

    @cached_property
    def arguments(self) -> Mapping[str, str]:
        """What was sent by readable parameter name: code words where the table has them, else KIS' text; no blanks."""
        arguments: dict[str, str] = {}
        for parameter in self.api.parameters:
            if parameter.element is None or "{" in parameter.element:
                continue
            text = self.elements.get(parameter.element.upper(), "")
            if text:
                text = without_prefix(parameter, text)
                words = {code: word for word, code in (parameter.codes or {}).items()}
                arguments[parameter.name] = words.get(text, text)
        return arguments

    def day(self, name: str) -> date | None:
        """A date argument; None where it is blank."""
        text = self.arguments.get(name)
        return date.fromisoformat(text) if text else None

    def covers(self, day: date) -> bool:
        """Whether a day lies within the range of days that was asked for."""
        return (self.day("start_date") or date.min) <= day <= (self.day("end_date") or date.max)

    def text(self, element: str) -> str:
        return self.elements.get(element, "").strip()

    def quantity(self, element: str) -> int:
        """A count of shares above 0.

        Raises:
            Refusal: It is none.
        """
        text = self.text(element)
        if not text.isdigit() or int(text) == 0:
            raise wrong_element(element) if text else missing_element(element)
        return int(text)

    def price(self, element: str) -> Decimal:
        """A price; blank is 0.

        Raises:
            Refusal: It is no number, or negative.
        """
        try:
            price = Decimal(self.text(element) or "0")
        except InvalidOperation:
            raise wrong_element(element) from None
        if not price.is_finite() or price < 0:
            raise wrong_element(element)
        return price
