"""A KIS for the tests of KIS code: the fixture ``kis_sim``.

Nothing is imported here that a test run which does not use it would have to wait for.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from kis_mcp.simulator import KisSim


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "kis_sim(seed=1, clock='always', at=None, speed=0, rate_limit=0, rate_limit_demo=0, token_interval=0, "
        "switches=None, replay=()): how the fixture kis_sim is set up; see kis_mcp.simulator.open_kis_sim.",
    )


@pytest.fixture
def kis_sim(request: pytest.FixtureRequest) -> "Iterator[KisSim]":
    """KIS' two hosts on loopback, with accounts, a clock that stands, and faults; set up by the mark ``kis_sim``."""
    from kis_mcp.simulator import open_kis_sim

    mark: pytest.Mark | None = request.node.get_closest_marker("kis_sim")  # pyright: ignore[reportUnknownMemberType]
    options: dict[str, Any] = dict(mark.kwargs) if mark else {}
    with open_kis_sim(**options) as running:
        yield running
