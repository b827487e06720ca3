"""KIS' own configuration file, which users of KIS' tools already have."""

import os
import re
from pathlib import Path
from typing import Any

from pydantic_settings import PydanticBaseSettingsSource

from kis_mcp.errors import SettingsError

KIS_FILE = Path("~/KIS/config/kis_devlp.yaml")
KIS_FILE_KEYS = {
    "my_app": "app_key",
    "my_sec": "app_secret",
    "paper_app": "paper_app_key",
    "paper_sec": "paper_app_secret",
    "my_htsid": "hts_id",
    "my_acct_stock": "acct_stock",
    "my_acct_future": "acct_future",
    "my_paper_stock": "paper_stock",
    "my_paper_future": "paper_future",
    "my_prod": "prod_type",
    "my_agent": "user_agent",
    "prod": "url_rest",
    "vps": "url_rest_paper",
    "ops": "url_ws",
    "vops": "url_ws_paper",
}

_PLACEHOLDER = re.compile("[가-힣]")


class KisFile(PydanticBaseSettingsSource):
    """KIS' own ``kis_devlp.yaml``; values still holding the Korean placeholder text of its template count as unset."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        path = Path(os.environ.get("KIS_CONFIG_FILE", KIS_FILE)).expanduser()
        if not path.is_file():
            return {}
        import yaml

        try:
            content: object = yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader)  # noqa: S506  (strings only)
        except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
            raise SettingsError(
                f"{path.name} could not be read: {type(error).__name__}.",
                remedy="Mend its YAML, or move it away and set the KIS_… environment variables.",
                field="KIS_CONFIG_FILE",
            ) from None
        if not isinstance(content, dict):
            return {}
        values = {str(key): value for key, value in content.items() if isinstance(value, str)}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        return {
            name: values[key].strip()
            for key, name in KIS_FILE_KEYS.items()
            if values.get(key, "").strip() and not _PLACEHOLDER.search(values[key])
        }
