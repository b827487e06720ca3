"""Where a running simulator can be asked about the world that it holds."""

from pathlib import Path

from kis_mcp.simulator import Host, SimulatorOptions, simulate
from kis_mcp.simulator.address import address_of


def test_a_world_tells_the_addresses_of_both_hosts_while_it_is_served(tmp_path: Path) -> None:
    world = tmp_path / "world.db"
    with simulate(SimulatorOptions(state_path=world)) as running:
        told = [address_of(world, host, live=live) for live in (False, True) for host in Host]
        real = [running.real_url, running.demo_url, running.real_ws_url, running.demo_ws_url]
    assert told == real
    assert address_of(world, Host.REAL) is None
