"""server.json and the bundle's manifest.json, from pyproject.toml, the settings and the core tools."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from kis_mcp import __version__
from kis_mcp.catalog.loader import catalog
from kis_mcp.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
TITLE = "KIS 한국투자증권"
SERVER_SCHEMA = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"
MANIFEST_VERSION = "0.4"
ENTRY_POINT = "server.py"


@dataclass(frozen=True, slots=True)
class AskedSetting:
    """A setting that a host asks its user for.

    Attributes:
        field: Its name in `Settings`.
        secret: Whether hosts keep it in the keychain and show dots.
        switch: Whether it is on or off; every other one is a text.
    """

    field: str
    title: str
    description: str
    secret: bool
    switch: bool

    @property
    def variable(self) -> str:
        return f"KIS_{self.field.upper()}"


@cache
def project() -> dict[str, Any]:
    """The ``project`` and ``tool`` tables of pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def registry_name() -> str:
    """The server's name in the MCP registry."""
    return project()["tool"]["kis-mcp"]["registry-name"]


@cache
def asked_settings() -> tuple[AskedSetting, ...]:
    """What ``settings.toml`` lists."""
    rows = tomllib.loads((ROOT / "bundles" / "settings.toml").read_text("utf-8"))
    return tuple(
        AskedSetting(
            field,
            row["title"],
            row["description"],
            secret=row.get("secret", False) or "SecretStr" in _type_of(field),
            switch="bool" in _type_of(field),
        )
        for field, row in rows.items()
    )


def server_document() -> dict[str, Any]:
    """server.json, by which the MCP registry tells hosts how to start the package from PyPI."""
    variables = [
        {
            "name": setting.variable,
            "description": f"{setting.title}: {setting.description}",
            "format": "boolean" if setting.switch else "string",
            "isRequired": False,
            "isSecret": setting.secret,
        }
        for setting in asked_settings()
    ]
    package = {
        "registryType": "pypi",
        "identifier": project()["project"]["name"],
        "version": __version__,
        "runtimeHint": "uvx",
        "transport": {"type": "stdio"},
        "packageArguments": [{"type": "positional", "value": "serve"}],
        "environmentVariables": variables,
    }
    return {
        "$schema": SERVER_SCHEMA,
        "name": registry_name(),
        "title": TITLE,
        "description": project()["project"]["description"],
        "version": __version__,
        "packages": [package],
    }


def manifest_document() -> dict[str, Any]:
    """manifest.json of the MCPB bundle.

    Its server is of type ``uv``: the host installs what the bundle's pyproject.toml names, for its own machine. With
    type ``python`` the bundle would hold compiled libraries for every system, processor and version of Python.
    """
    settings = asked_settings()
    about = project()["project"]
    return {
        "manifest_version": MANIFEST_VERSION,
        "name": about["name"],
        "display_name": TITLE,
        "version": __version__,
        "description": about["description"],
        "author": {"name": "kis-mcp maintainers"},
        "license": about["license"],
        "keywords": about["keywords"],
        "server": {
            "type": "uv",
            "entry_point": ENTRY_POINT,
            "mcp_config": {
                "command": "uv",
                "args": ["run", "--directory", "${__dirname}", ENTRY_POINT],
                "env": {setting.variable: f"${{user_config.{setting.field}}}" for setting in settings},
            },
        },
        "tools": [{"name": tool.tool, "description": _first_sentence(tool.description)} for tool in catalog().core],
        "compatibility": {
            "platforms": ["darwin", "win32", "linux"],
            "runtimes": {"python": about["requires-python"]},
        },
        "user_config": {setting.field: _question(setting) for setting in settings},
    }


def bundle_project() -> str:
    """The bundle's pyproject.toml: the same dependencies, in the versions that the release was checked with."""
    about = project()["project"]
    pinned = [
        line for line in (ROOT / "requirements.lock").read_text("utf-8").splitlines() if line and line[0] not in "#"
    ]
    return "\n".join(
        (
            "[project]",
            f'name = "{about["name"]}"',
            f'version = "{__version__}"',
            f'requires-python = "{about["requires-python"]}"',
            f"dependencies = {_toml_list(about['dependencies'])}",
            "",
            "[tool.uv]",
            "package = false",
            f"constraint-dependencies = {_toml_list(pinned)}",
            "",
        )
    )


def _question(setting: AskedSetting) -> dict[str, Any]:
    """How a host asks for a setting. Without a default, hosts pass an unanswered one as its own placeholder."""
    return {
        "type": "boolean" if setting.switch else "string",
        "title": setting.title,
        "description": setting.description,
        "required": False,
        "default": False if setting.switch else "",
        "sensitive": setting.secret,
    }


def _type_of(field: str) -> str:
    return str(Settings.model_fields[field].annotation)


def _first_sentence(text: str) -> str:
    return text.partition(". ")[0].rstrip(".") + "."


def _toml_list(entries: list[str]) -> str:
    quoted = (f"  '{entry}'," if '"' in entry else f'  "{entry}",' for entry in entries)
    return "\n".join(("[", *quoted, "]"))
