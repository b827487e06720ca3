"""Where alerts are delivered, as far as the operator chooses it. No tool sees or changes any of it."""

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr, field_validator

from kis_mcp.errors import SettingsError
from kis_mcp.loopback import LOOPBACK_NAMES
from kis_mcp.settings.texts import KEY, SWITCH
from kis_mcp.settings.variables import variable_of

_BOT_TOKEN = re.compile("[0-9]+:[0-9A-Za-z_-]+")
_CHAT = re.compile("-?[0-9]+|@[0-9A-Za-z_]+")


class Notices(BaseModel):
    """The settings of the channels that alerts go out by; each is off until it is set."""

    alert_desktop: Annotated[bool, SWITCH] = False
    alert_ntfy_url: Annotated[SecretStr, KEY] | None = None
    alert_ntfy_token: Annotated[SecretStr, KEY] | None = None
    alert_telegram_token: Annotated[SecretStr, KEY] | None = None
    alert_telegram_chat: Annotated[SecretStr, KEY] | None = None
    alert_webhook_url: Annotated[SecretStr, KEY] | None = None

    @field_validator("alert_ntfy_url", "alert_webhook_url")
    @classmethod
    def _safe_address(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        try:
            parts = urlsplit(value.get_secret_value())
            host, port = parts.hostname, parts.port
        except ValueError:
            raise ValueError("it is no address") from None
        is_local = parts.scheme == "http" and host in LOOPBACK_NAMES
        if not host or port == 0 or not (parts.scheme == "https" or is_local):
            raise ValueError("it is neither an https address nor http on this machine")
        return value

    @field_validator("alert_telegram_token")
    @classmethod
    def _bot(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _BOT_TOKEN.fullmatch(value.get_secret_value()):
            raise ValueError("a bot's token is digits, a colon and letters, as BotFather shows it")
        return value

    @field_validator("alert_telegram_chat")
    @classmethod
    def _chat(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _CHAT.fullmatch(value.get_secret_value()):
            raise ValueError("a chat is a number, or the @name of a channel")
        return value

    def require_whole_channels(self) -> None:
        """Refuse a channel of which only a part is set.

        Raises:
            SettingsError: Naming the variable that is missing.
        """
        pairs = (
            ("alert_telegram_token", "alert_telegram_chat"),
            ("alert_telegram_chat", "alert_telegram_token"),
            ("alert_ntfy_token", "alert_ntfy_url"),
        )
        for name, needed in pairs:
            if getattr(self, name) is not None and getattr(self, needed) is None:
                raise SettingsError(
                    f"{variable_of(name)} is set, and {variable_of(needed)} is missing.",
                    remedy=f"Set {variable_of(needed)}, or remove {variable_of(name)}.",
                    field=variable_of(needed),
                )
