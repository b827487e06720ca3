"""Broken set-ups, each built for real on this machine, and what `kis-mcp doctor` says of them."""

import asyncio
import json
import socket
import sqlite3
import ssl
import sys
import zipfile
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kis_mcp.cli import doctor
from kis_mcp.cli.checks.commands import package_of
from kis_mcp.cli.checks.machine import machine_problems
from kis_mcp.cli.checks.problem import Problem
from kis_mcp.cli.hosts.table import Machine
from kis_mcp.keystore import keep_sealed
from kis_mcp.simulator.harness import KisSim, open_kis_sim
from tests.cli.command import run
from tests.keystore.keychains import seal_cheaply

KEYS = {"KIS_PAPER_APP_KEY": "PSkey1234567", "KIS_PAPER_APP_SECRET": "secret7654321", "KIS_PAPER_STOCK": "12345678-01"}


class SetUp:
    """One user's machine, in a folder; it has nothing wrong until a test breaks it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.home, self.bin, self.data = folder / "home", folder / "bin", folder / "data"
        self.monkeypatch = monkeypatch
        for each in (self.home, self.bin):
            each.mkdir()
        self.set(PATH=str(self.bin))
        self.command("from kis_mcp.cli.main import main")
        monkeypatch.setattr(doctor, "this_machine", lambda: Machine("linux", self.home, {}))

    def set(self, **variables: str) -> None:
        for name, value in variables.items():
            self.monkeypatch.setenv(name, value)

    def demo(self, sim: KisSim, **more: str) -> None:
        urls = {"KIS_URL_REST_PAPER": sim.demo.url, "KIS_URL_WS_PAPER": sim.demo.ws_url}
        self.set(**{**KEYS, "KIS_HTS_ID": "trader", "KIS_RATE_LIMIT_PAPER": "0", **urls, **more})

    def command(self, line: str) -> Path:
        program = self.bin / "kis-mcp"
        program.write_text(f"#!{sys.executable}\nimport sys\n{line}\nsys.exit(main())\n")
        program.chmod(0o755)
        return program

    def host(self, text: str) -> None:
        path = self.home / ".cursor" / "mcp.json"
        path.parent.mkdir()
        path.write_text(text)

    async def problems(self) -> list[Problem]:
        return (await doctor.examine(offline=False))[1]

    async def only_problem(self) -> Problem:
        (found,) = await self.problems()
        return found


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SetUp:
    return SetUp(tmp_path, monkeypatch)


@pytest.fixture
def kis() -> Iterator[KisSim]:
    with open_kis_sim(speed=1) as sim:
        yield sim


@pytest.fixture
def closed_port() -> int:
    """Where nothing listens."""
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


async def test_a_set_up_that_works_has_no_problem(machine: SetUp, kis: KisSim) -> None:
    machine.demo(kis)
    assert await machine.problems() == []


async def test_every_wrong_setting_is_told_at_once_and_the_misspelled_ones_too(machine: SetUp) -> None:
    machine.set(KIS_ENV="paper", KIS_LANG="fr", KIS_MAX_ORDER_NOTIONAL="much", KIS_APPKEY="PSkey1234567")
    found = [problem for problem in await machine.problems() if problem.about == "settings"]
    assert [(problem.what.split()[0], problem.hinders) for problem in found[:-1]] == [
        ("KIS_ENV", True),
        ("KIS_LANG", True),
        ("KIS_MAX_ORDER_NOTIONAL", True),
    ]
    assert found[-1] == Problem(
        "settings",
        "The variable KIS_APPKEY is no setting and counts for nothing. Did you mean KIS_APP_KEY?",
        "Correct or remove it.",
        hinders=False,
    )


async def test_a_wrong_secret_is_explained_in_kis_words(machine: SetUp, kis: KisSim) -> None:
    keys = {"grant_type": "client_credentials", "appkey": KEYS["KIS_PAPER_APP_KEY"], "appsecret": "the right one"}
    async with httpx.AsyncClient() as client:
        await client.post(f"{kis.demo.url}/oauth2/tokenP", json=keys)
    machine.demo(kis)
    found = await machine.only_problem()
    assert (found.about, "EGW00105" in found.what) == ("keys of demo", True)
    assert "secret" in found.remedy.lower()
    assert not any(secret in f"{found}" for secret in KEYS.values())


async def test_an_account_that_kis_refuses_is_told(machine: SetUp, kis: KisSim) -> None:
    kis.faults.add("error", "VTTC8434R", code="APBK0919", times=9)
    machine.demo(kis)
    found = await machine.only_problem()
    assert (found.about, "APBK0919" in found.what) == ("keys of demo", True)


async def test_a_clock_that_is_wrong_by_kis_is_told_with_the_difference(machine: SetUp) -> None:
    ahead = datetime.now(UTC) + timedelta(minutes=7)
    with open_kis_sim(at=ahead, speed=1) as sim:
        machine.demo(sim)
        found = await machine.only_problem()
    assert found.about == "clock"
    assert found.what.startswith(("This machine's clock is 0:07:0", "This machine's clock is 0:06:59"))
    assert "NTP" in found.remedy


async def test_a_simulator_that_does_not_run_is_told_how_to_start(
    machine: SetUp, kis: KisSim, closed_port: int
) -> None:
    machine.demo(kis, KIS_URL_REST_PAPER=f"http://127.0.0.1:{closed_port}")
    found = await machine.only_problem()
    assert (found.about, found.what) == ("network of demo", f"Nothing listens at 127.0.0.1:{closed_port}.")
    assert "kis-mcp sim" in found.remedy


async def test_a_websocket_that_does_not_answer_is_told_beside_rest(
    machine: SetUp, kis: KisSim, closed_port: int
) -> None:
    machine.demo(kis, KIS_URL_WS_PAPER=f"ws://127.0.0.1:{closed_port}")
    found = await machine.only_problem()
    assert (found.about, found.what) == ("network of demo", f"Nothing listens at 127.0.0.1:{closed_port}.")


async def test_a_certificate_that_is_not_trusted_is_told_and_never_passed_over(
    machine: SetUp, kis: KisSim, tmp_path: Path
) -> None:
    async with https_server(tmp_path) as port:
        machine.demo(kis, KIS_URL_REST_PAPER=f"https://127.0.0.1:{port}")
        found = await machine.only_problem()
    assert "certificate of 127.0.0.1 is not trusted: self-signed certificate" in found.what
    assert "SSL_CERT_FILE" in found.remedy


async def test_a_proxy_that_is_down_is_named_by_its_variable(machine: SetUp, closed_port: int) -> None:
    proxy = f"http://user:password@127.0.0.1:{closed_port}"
    machine.set(**KEYS, KIS_HTS_ID="trader", HTTPS_PROXY=proxy, NO_PROXY="")
    machine.monkeypatch.delenv("ALL_PROXY", raising=False)
    rest, websocket = await machine.problems()
    assert "openapivts.koreainvestment.com cannot be reached through the proxy that HTTPS_PROXY names" in rest.what
    assert "ops.koreainvestment.com cannot be reached through the proxy that HTTPS_PROXY names" in websocket.what
    assert "NO_PROXY=openapivts.koreainvestment.com" in rest.remedy
    assert "password" not in f"{rest}{websocket}"


async def test_a_name_that_dns_does_not_know_is_told(machine: SetUp) -> None:
    def unknown(*_: object, **__: object) -> object:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        machine.monkeypatch.delenv(name, raising=False)
    machine.set(**KEYS, KIS_HTS_ID="trader")
    machine.monkeypatch.setattr(socket, "getaddrinfo", unknown)
    rest, websocket = await machine.problems()
    assert rest.what == "The name openapivts.koreainvestment.com is not known here: DNS gives no address for it."
    assert "ops.koreainvestment.com" in websocket.what


async def test_a_data_folder_that_cannot_be_written_is_named(machine: SetUp) -> None:
    machine.data.touch()
    machine.set(KIS_DATA_DIR=str(machine.data / "inside"))
    found = await machine.only_problem()
    assert f"{machine.data / 'inside'} cannot be written to" in found.what
    assert "KIS_DATA_DIR" in found.remedy


async def test_files_that_others_can_open_are_told_with_the_command_that_closes_them(machine: SetUp) -> None:
    machine.data.mkdir(mode=0o700)
    (machine.data / "pin.json").write_text("{}")
    (machine.data / "pin.json").chmod(0o644)
    found = await machine.only_problem()
    assert found.what == f"Other users can open {machine.data / 'pin.json'}."
    assert found.remedy == f"Run `chmod go= {machine.data / 'pin.json'}`."


async def test_a_folder_in_which_others_could_lift_the_halt_is_told(machine: SetUp) -> None:
    machine.data.mkdir()
    machine.data.chmod(0o777)
    assert (await machine.only_problem()).remedy == f"Run `chmod go-w {machine.data}`."


async def test_a_damaged_journal_is_told_and_what_to_do_before_it_is_moved(machine: SetUp) -> None:
    journal = journal_of(machine)
    journal.write_bytes(b"no database at all, but long enough to be taken for one" * 40)
    found = await machine.only_problem()
    assert f"The order journal {journal} is damaged" in found.what
    assert "Look at today's orders in KIS' app" in found.remedy


def test_a_locked_journal_is_told(machine: SetUp) -> None:
    journal = journal_of(machine)
    with closing(sqlite3.connect(journal, isolation_level=None)) as holder:
        holder.execute("CREATE TABLE orders (id)")
        holder.execute("BEGIN IMMEDIATE")
        (found,) = machine_problems(machine.data, busy_seconds=0.01)
    assert f"The order journal {journal} is locked" in found.what
    assert list(machine_problems(machine.data)) == []


def test_an_old_python_and_a_full_disk_are_told(machine: SetUp) -> None:
    machine.monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1_000_000}))
    old, full = machine_problems(machine.data, python=(3, 10, 4))
    assert (old.what, "1 MB left" in full.what) == ("Python 3.10.4 is too old.", True)


@pytest.mark.parametrize(
    ("variables", "what", "remedy"),
    [
        ({**KEYS, "KIS_PAPER_STOCK": "1234"}, "KIS_PAPER_STOCK cannot be used: an account is 8 digits", "setup"),
        ({"KIS_PAPER_APP_KEY": "PSkey"}, "KIS_PAPER_APP_SECRET is missing", "kis-mcp setup --env demo"),
        ({"KIS_APP_SECRET": "secret"}, "KIS_APP_KEY is missing", "kis-mcp setup --env real"),
        ({"KIS_ENV": "real"}, "KIS_APP_KEY is missing", "kis-mcp setup"),
        ({"KIS_CONFIG_FILE": __file__}, "could not be read: line", "Mend that file"),
    ],
)
async def test_settings_that_cannot_be_right_are_one_problem_among_others(
    variables: dict[str, str], what: str, remedy: str, machine: SetUp
) -> None:
    machine.set(**variables)
    found = await machine.only_problem()
    assert what in found.what
    assert remedy in found.remedy


async def test_sealed_keys_without_their_passphrase_are_told(machine: SetUp) -> None:
    seal_cheaply(machine.monkeypatch)
    keep_sealed(machine.data, {"app_key": "key"}, "a long enough phrase")
    found = await machine.only_problem()
    assert "no passphrase is given" in found.what
    assert "KIS_PASSPHRASE_FILE" in found.remedy


async def test_what_is_left_out_is_advice(machine: SetUp, kis: KisSim) -> None:
    machine.demo(kis, KIS_HTS_ID="", KIS_PAPER_STOCK="")
    found = await machine.problems()
    assert [(each.about, each.hinders) for each in found] == [("account of demo", False), ("HTS ID of demo", False)]
    assert "KIS_HTS_ID" in found[1].remedy


async def test_a_command_of_another_package_is_told_with_the_ways_round_it(machine: SetUp) -> None:
    program = machine.command("from kis_trader.mcp import main")
    found = await machine.only_problem()
    assert found.what == f"`kis-mcp` on the PATH is {program}, a program of another package (kis_trader)."
    assert "kis-mcp-server" in found.remedy
    assert f"{sys.executable} -m kis_mcp" in found.remedy


def test_a_command_of_windows_is_told_apart_too(tmp_path: Path) -> None:
    program = tmp_path / "kis-mcp.exe"
    with zipfile.ZipFile(program, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "__main__.py", "# -*- coding: utf-8 -*-\nimport re\nimport sys\nfrom kis_trader.mcp import main\n"
        )
    program.write_bytes(b"MZ launcher" + program.read_bytes())
    assert package_of(program) == "kis_trader"


async def test_no_command_on_the_path_is_advice(machine: SetUp) -> None:
    (machine.bin / "kis-mcp").unlink()
    found = await machine.only_problem()
    assert (found.hinders, f"{sys.executable} -m kis_mcp" in found.remedy) == (False, True)


@pytest.mark.parametrize(
    ("entry", "what"),
    [
        ({"command": "/gone/kis-mcp", "args": ["serve"]}, "Cursor starts '/gone/kis-mcp', which is not there."),
        ({"command": "{bin}/kis-mcp", "args": ["serve"]}, "Cursor starts another installation: {bin}/kis-mcp."),
        ({"command": "{bin}/python3", "args": ["-m", "kis_mcp"]}, "Cursor starts another installation: {bin}/python3."),
    ],
)
async def test_a_host_that_starts_another_program_is_told(entry: object, what: str, machine: SetUp) -> None:
    (machine.bin / "python3").symlink_to(sys.executable)
    where = str(machine.bin)
    machine.host(json.dumps({"mcpServers": {"kis": entry, "other": {"command": "x"}}}).replace("{bin}", where))
    found = await machine.only_problem()
    assert (found.about, found.what) == ("host cursor", what.replace("{bin}", where))
    assert f"{sys.executable} -m kis_mcp install cursor" in found.remedy


async def test_a_host_that_starts_another_packages_command_is_told(machine: SetUp) -> None:
    machine.command("from kis_trader.mcp import main")
    machine.host('{"mcpServers": {"trading": {"command": "kis-mcp"}}}')
    found = [each for each in await machine.problems() if each.about == "host cursor"]
    assert [each.what.endswith("a program of kis_trader.") for each in found] == [True]
    assert "remove 'trading'" in found[0].remedy


@pytest.mark.parametrize(("inside", "hinders"), [('"kis": {"command": "kis-mcp"', True), ("", False)])
async def test_a_hosts_file_that_is_broken_is_told(inside: str, hinders: bool, machine: SetUp) -> None:
    machine.host(f'{{"mcpServers": {{{inside}')
    found = await machine.only_problem()
    assert ("mcp.json is broken: it ends too early" in found.what, found.hinders) == (True, hinders)


async def test_keys_in_a_hosts_file_are_advised_against(machine: SetUp) -> None:
    entry = {
        "command": sys.executable,
        "args": ["-m", "kis_mcp"],
        "env": {"KIS_APP_SECRET": "secret", "KIS_ENV": "sim"},
    }
    machine.host(json.dumps({"mcpServers": {"kis": entry}}))
    found = await machine.only_problem()
    assert (found.hinders, "KIS_APP_SECRET in plain text" in found.what) == (False, True)


def test_the_command_exits_with_1_where_something_hinders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    shown = run("doctor", data_dir=tmp_path / "data", KIS_ENV="demo")
    assert (shown.returncode, shown.stderr) == (1, "")
    assert "problem: settings: KIS_PAPER_APP_KEY is missing" in " ".join(shown.stdout.split())


def test_problems_are_told_as_json_and_advice_alone_exits_with_0(
    machine: SetUp, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.set(**KEYS)
    assert doctor.run(as_json=True, offline=True) == 0
    report = json.loads(capsys.readouterr().out)
    assert [problem["about"] for problem in report["problems"]] == ["HTS ID of demo"]
    assert report["environment"] == "demo"


def journal_of(machine: SetUp) -> Path:
    folder = machine.data / "demo"
    folder.mkdir(parents=True, mode=0o700)
    machine.data.chmod(0o700)
    return folder / "journal.db"


@asynccontextmanager
async def https_server(folder: Path) -> AsyncGenerator[int]:
    """A server on loopback whose certificate nobody vouches for; its port."""
    key, at = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), at, at + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    formats = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, *formats) + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]
