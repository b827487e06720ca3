"""How a person is asked to confirm: the choice of a way, the preview's token, the PIN, and the page of this machine."""

from kis_mcp.confirm.channel import ConfirmChannel, choose_channel
from kis_mcp.confirm.page.approval import MOST_WRONG_PINS
from kis_mcp.confirm.page.approvals import Approvals
from kis_mcp.confirm.pin import Pin
from kis_mcp.confirm.preview import Previews

__all__ = ["MOST_WRONG_PINS", "Approvals", "ConfirmChannel", "Pin", "Previews", "choose_channel"]
