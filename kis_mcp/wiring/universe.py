"""The instruments of a strategy, as an environment's KIS tells them today."""

from kis_mcp.catalog import WaitReporter
from kis_mcp.environment import Environment
from kis_mcp.strategies.document import Universe
from kis_mcp.strategies.universe import Chosen, of_symbols, resolve_universe
from kis_mcp.wiring.environments import Environments
from kis_mcp.wiring.reads import Reads


async def choose_instruments(
    environments: Environments, environment: Environment, universe: Universe, waiting: WaitReporter
) -> Chosen:
    """The instruments that a universe stands for: a ranking is read, and KIS' lists are fetched, only where it needs
    them.

    Raises:
        BadArgument: By the universe.
        KisMcpError: By KIS' answer.
    """
    if universe.symbols:
        return of_symbols(universe.symbols)
    listings = await environments.listings(environment)
    reads = Reads(await environments.brokerage(environment), waiting)
    return await resolve_universe(universe, reads, listings.members, reads.clock())
