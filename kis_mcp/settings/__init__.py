"""What the operator configured, and how each environment is reached."""

from kis_mcp.settings.profile import Profile
from kis_mcp.settings.settings import Settings, data_folder
from kis_mcp.settings.variables import wrong_setting

__all__ = ["Profile", "Settings", "data_folder", "wrong_setting"]
