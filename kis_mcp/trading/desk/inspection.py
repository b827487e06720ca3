"""An order as the guard saw it: complete, with what it looked at and what it has to say."""

from collections.abc import Sequence
from dataclasses import dataclass

from kis_mcp.catalog import CheckedArguments
from kis_mcp.errors import KisMcpError
from kis_mcp.trading.desk.intents import require_in_time
from kis_mcp.trading.desk.outcomes import answer_of
from kis_mcp.trading.guard import Finding, GuardFacts, refusal, rules_for
from kis_mcp.trading.journal import Record
from kis_mcp.trading.order import Order


@dataclass(frozen=True, slots=True)
class Inspection:
    """What the guard makes of an order before anyone is asked.

    Attributes:
        arguments: As they would be sent.
        facts: What the guard looked at.
        findings: What it has to say.
        asked_kis: Whether KIS was asked; it is not for what is refused without.
        earlier: The intent that the order would be taken for, instead of a new one.
    """

    arguments: CheckedArguments
    facts: GuardFacts
    findings: Sequence[Finding]
    asked_kis: bool = True
    earlier: Record | None = None

    @property
    def order(self) -> Order:
        """Complete, and valued where KIS was asked."""
        return self.facts.order

    @property
    def refusal(self) -> KisMcpError | None:
        """Why the order would not go out: the guard, or what became of the earlier one."""
        try:
            if self.earlier is not None and not self.earlier.status.is_pending:
                answer_of(self.earlier)
                return None
            if self.earlier is not None:
                require_in_time(self.earlier, self.facts.now)
        except KisMcpError as error:
            return error
        return refusal(self.findings)

    @property
    def passed(self) -> list[str]:
        """The rules that were looked at and had nothing to say."""
        said = {finding.rule for finding in self.findings}
        rules = rules_for(self.facts, before_asking_kis=not self.asked_kis)
        return [rule.name for rule in rules if rule.name not in said]

    @property
    def not_checked(self) -> list[str]:
        """The rules that need an answer of KIS, which was not asked."""
        if self.asked_kis:
            return []
        checked = {rule.name for rule in rules_for(self.facts, before_asking_kis=True)}
        return [rule.name for rule in rules_for(self.facts) if rule.name not in checked]
