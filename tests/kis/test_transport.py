"""What the surroundings say of proxies and certificates."""

from pathlib import Path

import pytest

from kis_mcp.environment import Environment
from kis_mcp.errors import KisUnavailable, SettingsError
from kis_mcp.kis.connection import Connection
from kis_mcp.kis.errors import Reaction, RequestError
from kis_mcp.kis.transport import Transport
from tests.kis.conftest import NewGateway
from tests.kis.fake_kis import Answered, FakeKis, at_once
from tests.kis.test_rest import ORDER, READ

VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")
NOBODY = "http://127.0.0.1:1"


@pytest.fixture(autouse=True)
def bare_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def transport_to(url: str) -> Transport:
    return Transport(Connection(Environment.REAL, url, "key", "secret", 0))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_no_proxy_stands_before_the_simulator(
    kis: FakeKis, new_gateway: NewGateway, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, NOBODY)
    monkeypatch.setenv("SSL_CERT_FILE", "/absent")
    assert (await new_gateway(rest_url=kis.url.replace("127.0.0.1", host)).read(READ)).body["rt_cd"] == "0"
    assert len(kis.seen) == 1


async def test_the_real_kis_is_reached_through_the_proxy_of_the_surroundings(
    kis: FakeKis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", kis.url)
    transport = transport_to("http://kis.test")
    assert (await transport.send("GET", "/uapi/quote", {}, {})).status == 200
    assert [(seen.headers["host"], seen.path) for seen in kis.seen] == [("kis.test", "/uapi/quote")]
    await transport.aclose()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("HTTPS_PROXY", "ftp://user:hidden@proxy.test"),
        ("HTTP_PROXY", "http://[::hidden"),
        ("ALL_PROXY", "http://hidden:port"),
        ("https_proxy", "socks9://hidden"),
        ("NO_PROXY", "http://hidden:port"),
        ("SSL_CERT_FILE", "/absent/hidden.pem"),
    ],
)
async def test_surroundings_that_cannot_be_used_are_told_by_their_variable_and_nothing_is_sent(
    new_gateway: NewGateway, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    gateway = new_gateway(rest_url="https://kis.test")
    for call in (lambda: gateway.read(READ), lambda: gateway.order(ORDER, at_once)):
        with pytest.raises(SettingsError) as raised:
            await call()
        assert raised.value.field == variable.upper()
        assert variable.upper() in raised.value.what
        assert "hidden" not in f"{raised.value} {raised.value.facts()}"


async def test_a_file_that_holds_no_certificate_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file.pem").write_text("no certificate")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "file.pem"))
    with pytest.raises(SettingsError, match="SSL_CERT_FILE"):
        transport_to("https://kis.test")


@pytest.mark.parametrize(
    ("surroundings", "url", "named"),
    [
        ({"HTTPS_PROXY": NOBODY}, "https://kis.test", "HTTPS_PROXY"),
        ({"ALL_PROXY": NOBODY, "HTTP_PROXY": NOBODY}, "https://kis.test", "ALL_PROXY"),
        ({"HTTP_PROXY": NOBODY}, NOBODY, ""),
        ({"ALL_PROXY": NOBODY, "NO_PROXY": "127.0.0.2"}, "http://127.0.0.2:1", ""),
    ],
)
async def test_a_proxy_that_nobody_answers_is_named(
    new_gateway: NewGateway, monkeypatch: pytest.MonkeyPatch, surroundings: dict[str, str], url: str, named: str
) -> None:
    for name, value in surroundings.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(KisUnavailable) as raised:
        await new_gateway(rest_url=url).order(ORDER, at_once)
    way = f" through the proxy that {named} names" if named else ""
    assert raised.value.what == f"KIS could not be reached{way} (ConnectError)."


async def test_a_proxy_that_refuses_the_way_has_sent_nothing(kis: FakeKis, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked for a tunnel, the fake answers with a refusal."""
    kis.script.append(Answered({}, 403))
    monkeypatch.setenv("HTTPS_PROXY", kis.url)
    transport = transport_to("https://kis.test")
    with pytest.raises(RequestError) as raised:
        await transport.send("POST", "/uapi/order", {}, {})
    assert raised.value.reaction is Reaction.NOT_SENT
    assert [seen.method for seen in kis.seen] == ["CONNECT"]
    await transport.aclose()
