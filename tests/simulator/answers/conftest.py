import pytest

from tests.simulator.answers.test_every_api import Direct


@pytest.fixture(scope="session")
def direct() -> Direct:
    """One world for all that only ask it: its days are made once."""
    return Direct()
