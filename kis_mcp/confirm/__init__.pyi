from .channel import ConfirmChannel as ConfirmChannel, choose_channel as choose_channel
from .page.approvals import Approvals as Approvals
from .pin import MOST_WRONG_PINS as MOST_WRONG_PINS, Pin as Pin
from .preview import Previews as Previews
