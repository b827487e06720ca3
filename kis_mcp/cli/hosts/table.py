"""The hosts: where each keeps the configuration of its user, on each system, and in which shape.

As their documents say in November 2026: code.claude.com/docs/en/mcp, cursor.com/docs/mcp,
code.visualstudio.com/docs/agents/reference/mcp-configuration, developers.openai.com/codex/mcp, Gemini CLI's
docs/tools/mcp-server.md, docs.windsurf.com (Cascade), modelcontextprotocol.io (Claude Desktop).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kis_mcp.errors import SettingsError

Platform = Literal["darwin", "linux", "win32"]


@dataclass(frozen=True, slots=True)
class Machine:
    """What decides where files lie.

    Attributes:
        platform: As `sys.platform`; whatever is neither macOS nor Windows counts as Linux.
        home: The user's.
        environ: Variables that move a host's folder.
    """

    platform: str
    home: Path
    environ: Mapping[str, str]

    def folder(self, variable: str, *usual: str) -> Path:
        """The folder that a variable names, else the usual one in the user's home."""
        named = self.environ.get(variable, "").strip()
        return Path(named).expanduser() if named else self.home.joinpath(*usual)

    def settings_folder(self) -> Path:
        """Where programs keep settings."""
        if self.platform == "darwin":
            return self.home / "Library" / "Application Support"
        if self.platform == "win32":
            return self.folder("APPDATA", "AppData", "Roaming")
        return self.folder("XDG_CONFIG_HOME", ".config")


@dataclass(frozen=True, slots=True)
class Host:
    """One host.

    Attributes:
        title: As people call it.
        path: Where its file is.
        servers: The member that holds the servers.
        format: ``json`` is read without comments, ``jsonc`` with them.
        says_type: Whether an entry says ``"type": "stdio"``.
        restart: What makes it read the file again.
    """

    title: str
    path: Callable[[Machine], Path]
    servers: str
    format: Literal["json", "jsonc", "toml"]
    restart: str
    says_type: bool = False


def claude_desktop_file(machine: Machine) -> Path:
    """Claude Desktop's file. On Windows the package from the Store (and from Claude's own site since 2026) reads and
    writes a folder of its own; that one counts where it is there.

    Raises:
        SettingsError: There are several such packages, and none or several of them have a file.
    """
    if machine.platform == "win32":
        packages = sorted((machine.folder("LOCALAPPDATA", "AppData", "Local") / "Packages").glob("Claude_*"))
        files = [package / "LocalCache" / "Roaming" / "Claude" / _CLAUDE_DESKTOP for package in packages]
        if len(files) > 1:
            files = [file for file in files if file.exists()]
            if len(files) != 1:
                raise SettingsError(
                    "Several packages of Claude Desktop are here, and it is not clear which one you use.",
                    remedy="Open Claude Desktop's settings, Developer, Edit Config, once, or paste what"
                    " `kis-mcp install claude-desktop --print` prints.",
                    field="claude-desktop",
                )
        if files:
            return files[0]
    return machine.settings_folder() / "Claude" / _CLAUDE_DESKTOP


_CLAUDE_DESKTOP = "claude_desktop_config.json"

HOSTS: dict[str, Host] = {
    "claude-desktop": Host(
        "Claude Desktop", claude_desktop_file, "mcpServers", "json", "Quit Claude Desktop wholly and open it again."
    ),
    "claude-code": Host(
        "Claude Code",
        lambda machine: machine.folder("CLAUDE_CONFIG_DIR") / ".claude.json",
        "mcpServers",
        "json",
        "Start a new session of Claude Code; /mcp lists its servers.",
        says_type=True,
    ),
    "cursor": Host(
        "Cursor",
        lambda machine: machine.home / ".cursor" / "mcp.json",
        "mcpServers",
        "jsonc",
        "Restart Cursor, and switch the server on under MCP in its settings.",
    ),
    "vscode": Host(
        "VS Code",
        lambda machine: machine.settings_folder() / "Code" / "User" / "mcp.json",
        "servers",
        "jsonc",
        "Run `MCP: List Servers` in VS Code and start it; VS Code asks whether you trust it.",
        says_type=True,
    ),
    "codex": Host(
        "Codex",
        lambda machine: machine.folder("CODEX_HOME", ".codex") / "config.toml",
        "mcp_servers",
        "toml",
        "Start Codex again; /mcp lists its servers.",
    ),
    "gemini-cli": Host(
        "Gemini CLI",
        lambda machine: machine.folder("GEMINI_CLI_HOME") / ".gemini" / "settings.json",
        "mcpServers",
        "jsonc",
        "Start Gemini CLI again; /mcp lists its servers.",
    ),
    "windsurf": Host(
        "Windsurf",
        lambda machine: machine.home / ".codeium" / "windsurf" / "mcp_config.json",
        "mcpServers",
        "json",
        "Press Refresh among the MCP servers of Cascade. Its newer agent, Devin, keeps its own list: `devin mcp add`.",
    ),
}
