"""What the operator configured, and how each environment is reached."""

from kis_mcp.settings.kis_file import KIS_FILE
from kis_mcp.settings.profile import Profile
from kis_mcp.settings.settings import Settings, wrong_setting

__all__ = ["KIS_FILE", "Profile", "Settings", "wrong_setting"]
