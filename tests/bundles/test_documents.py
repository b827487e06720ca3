"""What hosts and the registry are told agrees with the package. ``pytest --regenerate`` rewrites server.json."""

import json
import tomllib
from pathlib import Path

import pytest

from bundles.__main__ import server_json_text, write_bundle
from bundles.documents import ROOT, asked_settings, bundle_project, manifest_document, registry_name
from kis_mcp import __version__
from kis_mcp.environment import Environment
from kis_mcp.settings import Settings

SERVER_JSON = ROOT / "server.json"


def test_server_json_is_what_the_project_says(regenerate: bool) -> None:
    if regenerate:
        SERVER_JSON.write_text(server_json_text(), "utf-8")
    assert SERVER_JSON.read_text("utf-8") == server_json_text(), "out of date: pytest --regenerate tests/bundles"


def test_the_version_is_said_in_one_place(tmp_path: Path) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert "version" not in project["project"]
    assert project["tool"]["hatch"]["version"] == {"path": "kis_mcp/__init__.py"}
    server = json.loads(SERVER_JSON.read_text("utf-8"))
    told = [server["version"], server["packages"][0]["version"], manifest_document()["version"]]
    bundled = tomllib.loads(bundle_project())["project"]["version"]
    assert {*told, bundled} == {__version__}


@pytest.mark.parametrize("readme", ["README.md", "README.ko.md"])
def test_the_readme_names_the_server_as_the_registry_does(readme: str) -> None:
    assert f"<!-- mcp-name: {registry_name()} -->" in (ROOT / readme).read_text("utf-8")


def test_every_secret_that_a_host_asks_for_is_kept_as_one() -> None:
    sealed = {field for field, about in Settings.model_fields.items() if "SecretStr" in str(about.annotation)}
    personal = {field for field, about in Settings.model_fields.items() if not about.repr}
    asked = {setting.field for setting in asked_settings()}
    assert {setting.field for setting in asked_settings() if setting.secret} == asked & (sealed | personal)
    form = manifest_document()["user_config"]
    assert {field for field, question in form.items() if question["sensitive"]} == asked & (sealed | personal)


def test_a_form_that_is_left_as_it_is_starts_the_simulator(monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = manifest_document()
    for variable, text in manifest["server"]["mcp_config"]["env"].items():
        default = manifest["user_config"][text.removeprefix("${user_config.").removesuffix("}")]["default"]
        monkeypatch.setenv(variable, str(default).lower())
    settings = Settings.load()
    assert settings.environment is Environment.SIM
    assert not settings.allow_real_orders
    assert settings.warnings == ()


def test_the_bundle_holds_what_it_starts(tmp_path: Path) -> None:
    write_bundle(tmp_path / "bundle")
    manifest = json.loads((tmp_path / "bundle" / "manifest.json").read_text("utf-8"))
    held = {path.name for path in (tmp_path / "bundle").iterdir()}
    assert {manifest["server"]["entry_point"], "pyproject.toml", "kis_mcp", "tools", "resources", "LICENSE"} <= held
    assert not list((tmp_path / "bundle").rglob("*.pyc"))
    assert tomllib.loads(bundle_project())["tool"]["uv"]["package"] is False
