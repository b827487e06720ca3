import pytest

from kis_mcp.environment import Environment
from kis_mcp.errors import CredentialsError
from kis_mcp.kis.connection import Connection


@pytest.mark.parametrize("name", ["app_key", "app_secret"])
@pytest.mark.parametrize("value", ["", "with space", "line\nbreak", "따옴표", '"\x00'])
def test_a_key_that_no_header_can_carry_is_refused_by_name_without_telling_it(name: str, value: str) -> None:
    keys = {"app_key": "key", "app_secret": "secret", name: value}
    with pytest.raises(CredentialsError) as raised:
        Connection(Environment.DEMO, "https://example.test", keys["app_key"], keys["app_secret"], 1)
    assert raised.value.field == name
    assert not value or value not in str(raised.value)


def test_a_connection_does_not_show_its_keys() -> None:
    connection = Connection(Environment.DEMO, "https://example.test", "my-key", "my-secret", 1)
    assert "my-key" not in f"{connection!r}{connection.digest}"
    assert "my-secret" not in repr(connection)


def test_files_are_apart_by_environment_host_and_key_but_the_simulator_may_change_its_port() -> None:
    def digest(environment: Environment, url: str, key: str = "key") -> str:
        return Connection(environment, url, key, "secret", 1).digest

    apart = [
        digest(Environment.DEMO, "http://a.test"),
        digest(Environment.DEMO, "http://b.test"),
        digest(Environment.REAL, "http://a.test"),
        digest(Environment.DEMO, "http://a.test", "other-key"),
        digest(Environment.SIM, "http://127.0.0.1:1"),
    ]
    assert len(set(apart)) == 5
    assert apart[-1] == digest(Environment.SIM, "http://127.0.0.1:2")
