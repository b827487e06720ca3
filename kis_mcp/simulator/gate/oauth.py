"""App keys and their access tokens."""

import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256, sha512

from kis_mcp.clock import KST
from kis_mcp.simulator.state import StateStore
from kis_mcp.simulator.wire.hosts import Host
from kis_mcp.simulator.wire.replies import Reply, gateway_refusal, oauth_refusal

_LIFETIME = timedelta(hours=24)
_SAME_TOKEN = timedelta(hours=6)


@dataclass(slots=True)
class Client:
    """One app key. Key and secret are kept as digests.

    Attributes:
        key: Digest of the app key.
        host: The host that it belongs to, where it was seen first.
        tokens: Digest of an access token → when it expires.
        newest: What tells the token that is handed out again while it is young from others.
        approvals: Digest of a websocket's approval key → when it expires.
    """

    key: str
    secret: str
    host: Host
    tokens: dict[str, datetime] = field(default_factory=dict[str, datetime])
    newest: str = ""
    issued_at: datetime | None = None
    approvals: dict[str, datetime] = field(default_factory=dict[str, datetime])


class Clients:
    """Who may ask. Any app key is welcome; its first use binds it to its secret and to that host.

    Args:
        store: Where clients and tokens survive a restart.
        interval: Seconds between two token requests of one app key.
        monotonic: Seconds.
    """

    def __init__(self, store: StateStore, interval: float, monotonic: Callable[[], float]) -> None:
        self._store = store
        self._interval = interval
        self._monotonic = monotonic
        self._asked: dict[str, float] = {}
        self._clients = {client.key: client for client in store.load(Client)}

    def issue(self, host: Host, body: Mapping[str, object], now: datetime) -> Reply:
        """``/oauth2/tokenP``: a token for a day, the same one again for six hours.

        Raises:
            Refusal: A field is missing or wrong, or the last request is too recent.
        """
        client = self._known(host, body, "appsecret")
        last = self._asked.get(client.key)
        if last is not None and self._monotonic() - last < self._interval:
            raise oauth_refusal("EGW00133")
        self._asked[client.key] = self._monotonic()
        app_key = str(body["appkey"])
        expires = client.tokens.get(_digest(_token(app_key, client.newest, client.issued_at)))
        if client.issued_at is None or expires is None or now - client.issued_at >= _SAME_TOKEN or expires <= now:
            expires = now + _LIFETIME
            client.tokens = {token: until for token, until in client.tokens.items() if until > now}
            client.newest, client.issued_at = secrets.token_urlsafe(32), now
            client.tokens[_digest(_token(app_key, client.newest, now))] = expires
            self._store.save([(client.key, client)])
        return Reply(
            {
                "access_token": _token(app_key, client.newest, client.issued_at),
                "access_token_token_expired": expires.astimezone(KST).strftime("%Y-%m-%d %H:%M:%S"),
                "token_type": "Bearer",
                "expires_in": int((expires - now).total_seconds()),
            }
        )

    def approve(self, host: Host, body: Mapping[str, object], now: datetime) -> Reply:
        """``/oauth2/Approval``: a key for a day's registrations on websockets.

        Raises:
            Refusal: A field is missing or wrong.
        """
        client = self._known(host, body, "secretkey")
        key = secrets.token_urlsafe(27)
        client.approvals = {each: until for each, until in client.approvals.items() if until > now}
        client.approvals[_digest(key)] = now + _LIFETIME
        self._store.save([(client.key, client)])
        return Reply({"approval_key": key})

    def approved(self, host: Host, approval_key: str, now: datetime) -> Client | None:
        """The client that an approval key was given to; None where it is nobody's at that host, or has expired."""
        key = _digest(approval_key)
        owners = (client for client in self._clients.values() if client.host is host and key in client.approvals)
        client = next(owners, None)
        return client if client is not None and client.approvals[key] > now else None

    def revoke(self, host: Host, body: Mapping[str, object]) -> Reply:
        """``/oauth2/revokeP``: a token is dead from now on.

        Raises:
            Refusal: A field is missing or wrong, or the token is not this client's.
        """
        client = self._known(host, body, "appsecret", grant=False)
        if client.tokens.pop(_digest(str(body.get("token", ""))), None) is None:
            raise oauth_refusal("EGW00121")
        self._store.save([(client.key, client)])
        return Reply({"code": 200, "message": "접근토큰 폐기에 성공하였습니다"})

    def authenticate(self, host: Host, headers: Mapping[str, str], now: datetime, *, bearer: bool = True) -> Client:
        """The client that a request's headers prove.

        Raises:
            Refusal: They do not.
        """
        if not (app_key := headers.get("appkey")):
            raise gateway_refusal("EGW00102")
        if not (secret := headers.get("appsecret")):
            raise gateway_refusal("EGW00104")
        client = self._clients.get(_digest(app_key))
        if client is None:
            raise gateway_refusal("EGW00103")
        if client.secret != _digest(secret):
            raise gateway_refusal("EGW00105")
        if client.host is not host:
            raise gateway_refusal("EGW02004")
        if bearer:
            _check_token(client, headers.get("authorization", ""), now)
        return client

    def expire_tokens(self, now: datetime) -> None:
        """End every token's life now, as a fault."""
        for client in self._clients.values():
            client.tokens = dict.fromkeys(client.tokens, now)
            client.issued_at = None
            self._store.save([(client.key, client)])

    def _known(self, host: Host, body: Mapping[str, object], secret_field: str, *, grant: bool = True) -> Client:
        if grant and body.get("grant_type") != "client_credentials":
            raise oauth_refusal("EGW00112" if body.get("grant_type") else "EGW00115")
        if not isinstance(app_key := body.get("appkey"), str) or not app_key:
            raise oauth_refusal("EGW00102")
        if not isinstance(secret := body.get(secret_field), str) or not secret:
            raise oauth_refusal("EGW00104")
        key = _digest(app_key)
        client = self._clients.setdefault(key, Client(key, _digest(secret), host))
        if client.secret != _digest(secret):
            raise oauth_refusal("EGW00105")
        if client.host is not host:
            raise oauth_refusal("EGW02004")
        return client


def _check_token(client: Client, authorization: str, now: datetime) -> None:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise gateway_refusal("EGW00122")
    expires = client.tokens.get(_digest(token))
    if expires is None:
        raise gateway_refusal("EGW00121")
    if expires <= now:
        raise gateway_refusal("EGW00123")


def _token(app_key: str, nonce: str, issued_at: datetime | None) -> str:
    """A JSON web token as KIS gives it; clients read whose it is from ``jti``. Nothing here looks into it again."""
    if issued_at is None:
        return ""
    issued = int(issued_at.timestamp())
    lasts = int(_LIFETIME.total_seconds())
    claims = {"sub": "token", "aud": nonce, "iss": "unogw", "exp": issued + lasts, "iat": issued, "jti": app_key}
    parts = [urlsafe_b64encode(json.dumps(part).encode()) for part in ({"typ": "JWT", "alg": "HS512"}, claims)]
    parts.append(urlsafe_b64encode(sha512(b".".join(parts)).digest()))
    return b".".join(part.rstrip(b"=") for part in parts).decode()


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
