"""An account whose lists a test fills in."""

import pytest

from tests.trading.fakes import AccountKis, FakeClock


@pytest.fixture
def account(clock: FakeClock) -> AccountKis:
    return AccountKis(clock)
