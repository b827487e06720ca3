"""What the operator configured, and how each environment is reached."""

from kis_mcp.settings.key_files import HTS_ID, read_key_file
from kis_mcp.settings.kis_file import KIS_FILE
from kis_mcp.settings.profile import KEY_FIELDS, Profile
from kis_mcp.settings.settings import Settings, data_folder
from kis_mcp.settings.variables import wrong_setting

__all__ = [
    "HTS_ID",
    "KEY_FIELDS",
    "KIS_FILE",
    "Profile",
    "Settings",
    "data_folder",
    "read_key_file",
    "wrong_setting",
]
