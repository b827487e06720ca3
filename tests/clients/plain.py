"""A client of KIS as KIS' documents describe it, in the standard library alone; it shares nothing with the project."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit


@dataclass(frozen=True)
class Answer:
    """What came back: HTTP status, headers by their names in small letters, JSON body."""

    status: int
    headers: Mapping[str, str]
    body: dict[str, Any]

    @property
    def is_good(self) -> bool:
        return self.status == 200 and self.body.get("rt_cd") == "0"


class PlainClient:
    """One app key at one host.

    Args:
        address: Of the host, ``http://…``.
        account: The first eight digits, and the last two.
    """

    def __init__(self, address: str, app_key: str, app_secret: str, account: tuple[str, str]) -> None:
        self._host = urlsplit(address).netloc
        self._key, self._secret = app_key, app_secret
        self.account = {"CANO": account[0], "ACNT_PRDT_CD": account[1]}
        self.token = ""

    def log_in(self) -> Answer:
        body = {"grant_type": "client_credentials", "appkey": self._key, "appsecret": self._secret}
        answer = self.send("POST", "/oauth2/tokenP", {"content-type": "application/json"}, body)
        self.token = answer.body.get("access_token", self.token)
        return answer

    def log_out(self) -> Answer:
        body = {"appkey": self._key, "appsecret": self._secret, "token": self.token}
        return self.send("POST", "/oauth2/revokeP", {"content-type": "application/json"}, body)

    def approval(self) -> Answer:
        """The key for a websocket, asked for with ``secretkey``."""
        body = {"grant_type": "client_credentials", "appkey": self._key, "secretkey": self._secret}
        return self.send("POST", "/oauth2/Approval", {"content-type": "application/json; utf-8"}, body)

    def hashkey(self, body: Mapping[str, str]) -> Answer:
        headers = {"content-type": "application/json", "appkey": self._key, "appsecret": self._secret}
        return self.send("POST", "/uapi/hashkey", headers, body)

    def get(self, path: str, tr_id: str, elements: Mapping[str, str], tr_cont: str = "") -> Answer:
        return self.send("GET", f"{path}?{urlencode(elements)}", self._headers(tr_id, tr_cont), None)

    def post(self, path: str, tr_id: str, elements: Mapping[str, str], **others: str) -> Answer:
        return self.send("POST", path, self._headers(tr_id) | others, elements)

    def pages(self, path: str, tr_id: str, elements: Mapping[str, str]) -> Iterator[Answer]:
        """Every page of a list: F or M says that there is another one, whose keys are the answer's."""
        keys = {"CTX_AREA_FK100": "", "CTX_AREA_NK100": ""}
        answer = self.get(path, tr_id, {**elements, **keys})
        yield answer
        while answer.headers.get("tr_cont") in ("F", "M"):
            keys = {name: answer.body[name.lower()] for name in keys}
            answer = self.get(path, tr_id, {**elements, **keys}, tr_cont="N")
            yield answer

    def _headers(self, tr_id: str, tr_cont: str = "") -> dict[str, str]:
        return {
            "content-type": "application/json; charset=utf-8",
            "authorization": f"Bearer {self.token}",
            "appkey": self._key,
            "appsecret": self._secret,
            "tr_id": tr_id,
            "tr_cont": tr_cont,
            "custtype": "P",
        }

    def send(self, method: str, target: str, headers: Mapping[str, str], body: Mapping[str, str] | None) -> Answer:
        connection = HTTPConnection(self._host, timeout=30)
        try:
            text = None if body is None else json.dumps(body).encode()
            connection.request(method, target, text, dict(headers))
            response = connection.getresponse()
            named = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, named, json.loads(response.read()))
        finally:
            connection.close()
