"""What trading needs of KIS: reads for all, and orders for the one module that sends them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Protocol

from kis_mcp.account import Account
from kis_mcp.catalog import AccountKind, Catalog, CheckedArguments, Decoded, MayLeave
from kis_mcp.environment import Environment


class KisReads(Protocol):
    """The part of `kis_mcp.catalog.apis.KisApis` that changes nothing at KIS."""

    @property
    def catalog(self) -> Catalog: ...

    @property
    def environment(self) -> Environment: ...

    @property
    def accounts(self) -> Mapping[AccountKind, Account]: ...

    @property
    def clock_error(self) -> timedelta | None:
        """KIS' clock less this machine's; None where KIS has not told its time since the machine's clock was set."""
        ...

    async def rows(self, tool: str, arguments: Mapping[str, object], *, fresh: bool = False) -> Decoded:
        """Every page of a read API.

        Raises:
            BadArgument: The arguments are wrong, or KIS refuses the question; then it has a ``kis_code``.
            NotInEnvironment, CredentialsError: This environment does not have the API, or its keys do not fit.
            RateLimited, KisUnavailable: KIS could not be asked.
        """
        ...


class KisOrders(Protocol):
    """The part of `kis_mcp.catalog.apis.KisApis` that orders. Only `kis_mcp.trading.desk.sending` may hold it."""

    def check(self, arguments: CheckedArguments) -> None:
        """Find out, without asking KIS, whether this environment could send such an order.

        Raises:
            BadArgument, NotInEnvironment, CredentialsError: It could not.
        """
        ...

    async def order(self, arguments: CheckedArguments, may_leave: MayLeave) -> Decoded:
        """Send an order once, if it may leave when its turn has come.

        Raises:
            Whatever ``may_leave`` raises: It was not sent.
            BadArgument, NotInEnvironment, CredentialsError, RateLimited, KisUnavailable: It certainly does not stand.
            OrderRejected: KIS said no.
            OrderStateUnknown: Nobody can tell whether it stands.
        """
        ...


def is_offered(kis: KisReads, tool: str) -> bool:
    """Whether this environment has the API, of an account that is set."""
    api = kis.catalog.find(tool)
    return api is not None and (api.in_demo or not kis.environment.uses_demo_api) and api.account in kis.accounts
