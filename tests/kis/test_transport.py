"""What the surroundings say of proxies and certificates, and answers without bounds."""

import asyncio
import gzip
import json
from pathlib import Path

import pytest

from kis_mcp.catalog.gateway import KisReply
from kis_mcp.environment import Environment
from kis_mcp.errors import BadArgument, KisUnavailable, OrderStateUnknown, SettingsError
from kis_mcp.kis.bodies import MOST_BYTES
from kis_mcp.kis.connection import Connection
from kis_mcp.kis.errors import Reaction, RequestError
from kis_mcp.kis.surroundings import trusted_certificates
from kis_mcp.kis.transport import Transport
from tests.kis.conftest import NewGateway
from tests.kis.fake_kis import Answered, FakeKis, at_once, business_error
from tests.kis.test_rest import ORDER, READ

VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")
BOMB = gzip.compress(bytes(MOST_BYTES + 1))
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


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Answered(BOMB, headers={"content-encoding": "gzip"}), "more than 8 MB"),
        (Answered(bytes(MOST_BYTES + 1)), "more than 8 MB"),
        (Answered(b"{}", headers={"content-encoding": "br"}), "not asked for"),
        (Answered(b"[" * 100_000), "levels deep"),
    ],
)
async def test_an_answer_without_bounds_is_told_and_leaves_an_order_unknown(
    kis: FakeKis, new_gateway: NewGateway, answer: Answered, told: str
) -> None:
    kis.script.extend([answer] * 4)
    gateway = new_gateway()
    with pytest.raises(OrderStateUnknown, match=told):
        await gateway.order(ORDER, at_once)
    assert len(kis.seen) == 1
    with pytest.raises(KisUnavailable, match=told):
        await gateway.read(READ)


async def test_an_answer_that_drips_in_is_not_waited_for_without_end() -> None:
    """Each byte comes in time; the whole does not."""

    has_ended = asyncio.Event()

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 8000000\r\n\r\n")
        try:
            while True:
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0)
        except ConnectionError:
            pass
        finally:
            writer.close()
            has_ended.set()

    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        connection = Connection(Environment.REAL, url, "key", "secret", 0, timeout_seconds=0.1)
        transport = Transport(connection, connect_seconds=0.1)
        with pytest.raises(RequestError, match="did not finish its answer") as raised:
            await transport.send("GET", "/uapi/quote", {}, {})
        assert raised.value.reaction is Reaction.UNCLEAR
        await transport.aclose()
        await has_ended.wait()


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        ('{"rt_cd":"0","ODNO":"0000117057","msg1":"주문\t전송"}'.encode(), {}),
        ('\ufeff{"rt_cd":"0","ODNO":"0000117057","msg1":"주문 전송"}'.encode(), {}),
        ('{"rt_cd":"0","ODNO":"0000117057","msg1":"주문 전송"}'.encode("cp949"), {}),
        (
            '{"rt_cd":"0","ODNO":"0000117057","msg1":"주문 전송"}'.encode("cp949"),
            {"content-type": "a/b; charset=EUC-KR"},
        ),
    ],
)
async def test_an_accepted_order_is_accepted_in_whatever_form_its_message_comes(
    kis: FakeKis, new_gateway: NewGateway, body: bytes, headers: dict[str, str]
) -> None:
    kis.script.append(Answered(body, headers=headers))
    reply = await new_gateway().order(ORDER, at_once)
    assert reply.body["ODNO"] == "0000117057"
    assert json.dumps(reply.body, ensure_ascii=False).count("주문") == 1


async def test_nothing_to_list_is_an_empty_answer_of_a_read(kis: FakeKis, new_gateway: NewGateway) -> None:
    kis.script.append(business_error("MCA05918", "조건에 맞는 종목이 없습니다."))
    assert await new_gateway().read(READ) == KisReply(
        {"rt_cd": "0", "msg_cd": "MCA05918", "msg1": "조건에 맞는 종목이 없습니다."}
    )
    assert len(kis.seen) == 1


async def test_an_account_of_another_kind_is_not_told_either(kis: FakeKis, new_gateway: NewGateway) -> None:
    kis.script.append(business_error("APBK0001", "계좌 1234-5678 확인"))
    with pytest.raises(BadArgument) as raised:
        await new_gateway(account_numbers=("12345678",)).read(READ)
    assert raised.value.kis_message == "계좌 *** 확인"


def test_certificates_are_read_once_and_those_that_are_named_apart(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own = trusted_certificates(trust_env=True)
    assert trusted_certificates(trust_env=False) is own
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    named = trusted_certificates(trust_env=True)
    assert (len(named.get_ca_certs()), len(own.get_ca_certs()) > 50) == (0, True)
    assert trusted_certificates(trust_env=False) is own
