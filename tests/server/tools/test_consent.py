"""A person's consent beyond orders: to real money, asked by the client or on the page."""

import pytest

from kis_mcp.confirm.pin import MOST_WRONG, Pin
from kis_mcp.settings.settings import Settings
from kis_mcp.simulator import Simulator
from tests.client import BUY, Person, blocks, connected, error, settings_for
from tests.server.test_confirmation_table import Page, approve, reject, set_pin

TO_REAL = {"environment": "real"}


@pytest.fixture
def settings(simulator: Simulator) -> Settings:
    return settings_for(simulator, "sim", switchable_envs="real")


async def test_without_a_way_to_the_person_there_is_no_way_to_real(settings: Settings, era: str) -> None:
    async with connected(settings, era=era) as client:
        facts = error(await client.call_tool("set_environment", TO_REAL))
        now = blocks(await client.call_tool("get_environment", {}))["environment"]
    assert facts["class"] == "order_refused"
    assert "setup-pin" in facts["next_step"]
    assert now["environment"] == "sim"


async def test_a_person_consents_to_real_on_the_page(settings: Settings, era: str) -> None:
    set_pin(settings)
    pages = Page(approve)
    async with connected(settings, era=era) as client:
        switched = await client.call_tool("set_environment", TO_REAL, progress_callback=pages)
    assert len(pages.urls) == 1
    assert blocks(switched)["environment"]["environment"] == "real"


async def test_a_person_rejects_the_switch_on_the_page(settings: Settings) -> None:
    set_pin(settings)
    async with connected(settings) as client:
        facts = error(await client.call_tool("set_environment", TO_REAL, progress_callback=Page(reject)))
        now = blocks(await client.call_tool("get_environment", {}))["environment"]
    assert "declined the switch" in facts["what"]
    assert now["environment"] == "sim"


@pytest.mark.parametrize(
    ("environment", "confirm", "person", "pin", "told"),
    [
        ("demo", "ask", Person(), False, "this client asks"),
        ("demo", "ask", None, True, "in the browser"),
        ("demo", "ask", None, False, "token of its preview"),
        ("demo", "never", None, False, "orders go out at once"),
        ("real", "ask", None, False, "orders are refused"),
    ],
)
async def test_the_environment_tells_how_orders_are_confirmed(
    simulator: Simulator, environment: str, confirm: str, person: Person | None, pin: bool, told: str
) -> None:
    settings = settings_for(simulator, environment, confirm=confirm)
    if pin:
        set_pin(settings)
    async with connected(settings, person=person) as client:
        assert told in blocks(await client.call_tool("get_environment", {}))["environment"]["confirmation"]


async def test_a_locked_pin_refuses_orders_and_says_what_a_person_can_do(simulator: Simulator) -> None:
    settings = settings_for(simulator, "real", allow_real_orders=True)
    set_pin(settings)
    lock_pin(settings)
    async with connected(settings) as client:
        facts = error(await client.call_tool("place_order", BUY))
    assert "locked" in facts["what"]
    assert "setup-pin" in facts["next_step"]
    assert simulator.ledger.orders == []


def lock_pin(settings: Settings) -> None:
    for _ in range(MOST_WRONG):
        Pin(settings.data_dir).matches("0000")
