"""The embedded KIS: a request in, an answer out. It knows nothing of sockets."""

from collections import deque

from kis_mcp.catalog.loader import Catalog
from kis_mcp.simulator.answers.answers import answer
from kis_mcp.simulator.gate.admission import Admission, hash_reply
from kis_mcp.simulator.gate.faults import Faults
from kis_mcp.simulator.gate.oauth import Clients
from kis_mcp.simulator.gate.oddities import odd_call, odd_reply
from kis_mcp.simulator.gate.rate import SlidingWindow
from kis_mcp.simulator.gate.switches import Switches
from kis_mcp.simulator.options import SimulatorOptions
from kis_mcp.simulator.state import StateStore
from kis_mcp.simulator.wire.hosts import Host
from kis_mcp.simulator.wire.received import Received, received_log
from kis_mcp.simulator.wire.replies import Refusal, Reply, gateway_refusal
from kis_mcp.simulator.wire.sources import as_in_examples, sources_of
from kis_mcp.simulator.world import World


class EmbeddedKis:
    """Both hosts of KIS over one market.

    Args:
        options: How it is set up.
        table: The APIs that it offers.
    """

    def __init__(self, options: SimulatorOptions, table: Catalog) -> None:
        self.options = options
        self._store = StateStore(options.state_path)
        self.world = World(options, self._store)
        self._clients = Clients(self._store, options.token_interval_seconds, options.monotonic)
        rates = {Host.REAL: options.real_rate, Host.DEMO: options.demo_rate}
        windows = {host: SlidingWindow(rate, options.monotonic) for host, rate in rates.items()}
        self.switches = Switches(options.switches)
        self._admission = Admission(table, self._clients, windows, self.switches)
        self.faults = Faults()
        self.received: deque[Received] = received_log()

    def answer(self, request: Received) -> Reply:
        """What KIS says to a request. Everything it changed is on disk before the answer is known."""
        if self.faults.take_expiry():
            self._clients.expire_tokens(request.at)
        try:
            return self._answer(request)
        except Refusal as refusal:
            return refusal.reply
        finally:
            self.world.broker.save()

    def close(self) -> None:
        self._store.close()

    def _answer(self, request: Received) -> Reply:
        match request.method, request.path:
            case "POST", "/oauth2/tokenP":
                return self._clients.issue(request.host, request.elements, request.at)
            case "POST", "/oauth2/revokeP":
                return self._clients.revoke(request.host, request.elements)
            case "POST", "/oauth2/Approval":
                return self._clients.approve(request.host, request.elements)
            case "POST", "/uapi/hashkey":
                return hash_reply(request, self._clients)
            case _, path if path.startswith("/uapi/"):
                call = self._admission.admit(request)
                self.world.broker.advance(request.at)
                reply = answer(self.world, odd_call(self.switches, call))
                reply = odd_reply(self.switches, call, reply)
                strict = self.switches["strict_elements"]
                return reply if strict else as_in_examples(sources_of(call.api.tool), reply)
            case _:
                raise gateway_refusal("EGW00203", status=404)
