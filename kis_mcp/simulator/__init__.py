"""The embedded KIS, as seen from a socket. It shares nothing with the client, so that a shared mistake cannot hide."""

from kis_mcp.simulator.gate.switches import UnknownSwitch
from kis_mcp.simulator.loopback import Simulator, run_simulator
from kis_mcp.simulator.options import SimulatorOptions
from kis_mcp.simulator.state import StateInUse

__all__ = ["Simulator", "SimulatorOptions", "StateInUse", "UnknownSwitch", "run_simulator"]
