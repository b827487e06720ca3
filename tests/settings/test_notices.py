"""The settings of the channels that alerts go out by."""

from typing import Any

import pytest

from kis_mcp.cli.doctor import diagnose
from kis_mcp.errors import SettingsError
from kis_mcp.settings import Settings

TELEGRAM = {"alert_telegram_token": "12345:hidden-Secret_1", "alert_telegram_chat": "-100777"}


@pytest.mark.parametrize(
    "values",
    [
        {"alert_desktop": "1"},
        {"alert_ntfy_url": "https://ntfy.sh/hidden"},
        {"alert_ntfy_url": "http://127.0.0.1:8080/hidden", "alert_ntfy_token": "hidden"},
        {"alert_webhook_url": "https://user:hidden@hooks.example/x?y=z"},
        TELEGRAM,
    ],
)
def test_a_channel_is_taken_and_its_secrets_stay_sealed(values: dict[str, str]) -> None:
    shown = repr(Settings.load(env="sim", **values))
    assert "hidden" not in shown
    assert "777" not in shown


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"alert_ntfy_url": "http://ntfy.example/hidden"}, "KIS_ALERT_NTFY_URL"),
        ({"alert_webhook_url": "http://hooks.example/hidden"}, "KIS_ALERT_WEBHOOK_URL"),
        ({"alert_webhook_url": "http://127.0.0.1.hooks.example/hidden"}, "KIS_ALERT_WEBHOOK_URL"),
        ({"alert_webhook_url": "ftp://127.0.0.1/hidden"}, "KIS_ALERT_WEBHOOK_URL"),
        ({"alert_webhook_url": "https:///hidden"}, "KIS_ALERT_WEBHOOK_URL"),
        ({"alert_webhook_url": "https://[hidden"}, "KIS_ALERT_WEBHOOK_URL"),
        ({"alert_telegram_token": "hidden"}, "KIS_ALERT_TELEGRAM_TOKEN"),
        ({**TELEGRAM, "alert_telegram_token": "1:hidden/../x"}, "KIS_ALERT_TELEGRAM_TOKEN"),
        ({"alert_telegram_token": "12345:hidden"}, "KIS_ALERT_TELEGRAM_CHAT"),
        ({"alert_telegram_chat": "777"}, "KIS_ALERT_TELEGRAM_TOKEN"),
        ({"alert_ntfy_token": "hidden"}, "KIS_ALERT_NTFY_URL"),
    ],
)
def test_a_channel_that_would_not_work_or_tell_others_is_refused(values: dict[str, Any], field: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.load(env="sim", **values)
    assert refused.value.field == field
    assert "hidden" not in str(refused.value)


async def test_doctor_names_the_channels_and_nothing_of_where_they_go() -> None:
    hidden = {"alert_ntfy_url": "https://ntfy.example/hidden", "alert_desktop": True}
    report = await diagnose(Settings.load(env="sim", **hidden))
    assert report["alert_channels"] == "desktop, ntfy"
    assert "hidden" not in str(report)
