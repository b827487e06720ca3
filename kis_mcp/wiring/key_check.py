"""Whether KIS takes the keys and accounts of an environment: asked with reads that change nothing."""

from collections.abc import Callable
from datetime import timedelta

import anyio

from kis_mcp.catalog import AccountKind, catalog
from kis_mcp.clock import Clock, system_clock
from kis_mcp.environment import Environment
from kis_mcp.errors import KisMcpError
from kis_mcp.settings import Settings
from kis_mcp.wiring.environments import Environments

_QUOTE = ("domestic_stock_inquire_price", {"symbol": "005930"})
_BALANCES: dict[AccountKind, str] = {
    "stock": "domestic_stock_inquire_balance",
    "futures": "domestic_fo_inquire_balance",
}
"""Kind of account → the read that KIS refuses for an account that is none of this key. Of the kinds that share a
number, a customer may lack the others."""


async def check_keys(
    settings: Settings,
    environment: Environment,
    clock: Clock = system_clock,
    on_step: Callable[[str], None] = lambda _: None,
) -> timedelta | None:
    """Ask KIS for a token, a price, and what each account holds; KIS' clock less this machine's, where KIS told it.

    The token is kept as always, for KIS gives only one a minute. No order of an earlier run is looked up.

    Args:
        settings: They allow the environment.
        environment: Demo or real.
        clock: What time it is.
        on_step: Told what is asked next.

    Raises:
        SettingsError, CredentialsError, RateLimited, KisUnavailable, BadArgument: As KIS or the way to it says.
    """
    failure: KisMcpError | None = None
    async with anyio.create_task_group() as background:
        environments = Environments(settings, catalog(), background, clock)
        try:
            return await _ask(environments, settings, environment, on_step)
        except KisMcpError as error:
            failure = error  # raised outside, since a task group would wrap it
        finally:
            with anyio.CancelScope(shield=True):
                await environments.aclose()
            background.cancel_scope.cancel()
    assert failure is not None
    raise failure


async def _ask(
    environments: Environments, settings: Settings, environment: Environment, on_step: Callable[[str], None]
) -> timedelta | None:
    apis = (await environments.brokerage(environment)).apis
    on_step("an access token and a price")
    await apis.rows(*_QUOTE, fresh=True)
    for kind, tool in _BALANCES.items():
        account = settings.profile(environment).accounts.get(kind)
        if account is not None:
            on_step(f"the balance of {account.masked}")
            await apis.rows(tool, {}, fresh=True)
    return apis.clock_error
