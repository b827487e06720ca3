from .connection import Connection as Connection
from .masters import MASTERS_URL as MASTERS_URL, MasterHost as MasterHost
from .portal import (
    NOTICES_A_PAGE as NOTICES_A_PAGE,
    PORTAL_URL as PORTAL_URL,
    Portal as Portal,
    PortalError as PortalError,
)
from .reach import Reach as Reach, look_at_rest as look_at_rest, look_at_websocket as look_at_websocket
from .rest import HttpGateway as HttpGateway
from .shared import Shared as Shared
from .timer import Timer as Timer
