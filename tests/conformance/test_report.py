"""The judge's failures count, unless a reason was given for exactly them."""

import pytest

from tests.conformance.__main__ import Check, Exemption, exemptions, report

WHOLE = Exemption("no such tool", frozenset({"tools-call-image"}), frozenset())
ONE_CHECK = Exemption("no such capability", frozenset({"server-stateless"}), frozenset({"excused"}))


@pytest.mark.parametrize(
    ("scenario", "check", "passed", "faults"),
    [
        ("tools-list", "tools-list", True, 0),
        ("tools-list", "tools-list", False, 1),
        ("tools-call-image", "tools-call-image", False, 0),
        ("tools-call-image", "wire-schema-valid", False, 1),
        ("server-stateless", "excused", False, 0),
        ("server-stateless", "another", False, 1),
    ],
)
def test_a_failure_counts_unless_it_is_excused(scenario: str, check: str, passed: bool, faults: int) -> None:
    assert report("2026-07-28", [Check(scenario, check, passed, "why")], [WHOLE, ONE_CHECK]) == faults


def test_a_capability_that_the_server_declares_is_judged() -> None:
    def excused(capabilities: set[str]) -> bool:
        return any(row.excuses("prompts-list", "prompts-list") for row in exemptions(capabilities))

    assert excused({"tools"})
    assert not excused({"tools", "prompts"})
