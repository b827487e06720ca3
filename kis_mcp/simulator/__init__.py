"""The embedded KIS, as seen from a socket. It shares nothing with the client, so that a shared mistake cannot hide."""

from kis_mcp.simulator.address import WORLD_FILE, shared_address
from kis_mcp.simulator.console import Unanswered, ask_world
from kis_mcp.simulator.embedded import OtherSeed, WrongTime
from kis_mcp.simulator.gate.switches import UnknownSwitch
from kis_mcp.simulator.harness import KisSim, open_kis_sim
from kis_mcp.simulator.loopback import Simulator, run_simulator, simulate
from kis_mcp.simulator.options import SimulatorOptions
from kis_mcp.simulator.replay import WrongReplay
from kis_mcp.simulator.state import StateInUse
from kis_mcp.simulator.wire.hosts import Host

__all__ = [
    "WORLD_FILE",
    "Host",
    "KisSim",
    "OtherSeed",
    "Simulator",
    "SimulatorOptions",
    "StateInUse",
    "Unanswered",
    "UnknownSwitch",
    "WrongReplay",
    "WrongTime",
    "ask_world",
    "open_kis_sim",
    "run_simulator",
    "shared_address",
    "simulate",
]
