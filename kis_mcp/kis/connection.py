"""Which KIS, and with which key."""

import hashlib
from dataclasses import dataclass, field

from kis_mcp.environment import Environment
from kis_mcp.errors import CredentialsError


@dataclass(frozen=True, slots=True)
class Connection:
    """One environment's REST host and the credentials for it.

    Attributes:
        environment: Named in messages, and part of the digest.
        rest_url: Scheme, host and port.
        app_key, app_secret: Never part of a message, a file name or a repr.
        requests_per_second: KIS' limit for this key; 0 for none.
        token_interval_seconds: How often KIS issues a token.
        timeout_seconds: How long KIS may take to accept a request, and again to answer it.
        user_agent: Sent with each request.
        account_numbers: The accounts in use, so that no message of KIS' shows one.

    Raises:
        CredentialsError: A key that no HTTP header can carry.
    """

    environment: Environment
    rest_url: str
    app_key: str = field(repr=False)
    app_secret: str = field(repr=False)
    requests_per_second: int
    token_interval_seconds: float = 60
    timeout_seconds: float = 10
    user_agent: str = "kis-mcp"
    account_numbers: tuple[str, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        for name in ("app_key", "app_secret"):
            value: str = getattr(self, name)
            if not value or not value.isascii() or not value.isprintable() or " " in value:
                raise CredentialsError(
                    f"The {self.environment} {name} is not a key: it is empty or holds spaces or foreign characters.",
                    remedy="Copy it again from KIS' developer site, whole and without quotes or line breaks.",
                    field=name,
                )

    @property
    def digest(self) -> str:
        """Names the files that belong to this key on this host, without telling the key.

        The simulator inside a process is the same one after a restart, whatever its port is then.
        """
        host = "" if self.environment is Environment.SIM else self.rest_url
        return hashlib.sha256(f"{self.environment}\n{host}\n{self.app_key}".encode()).hexdigest()[:24]
