"""What the operator configured, and how each environment is reached."""

from kis_mcp.settings.profile import Profile
from kis_mcp.settings.settings import Settings, wrong_setting

__all__ = ["Profile", "Settings", "wrong_setting"]
