"""python-kis on the simulator: only its addresses are swapped. Runs in an environment that has it.

python python_kis.py REAL_URL DEMO_URL
"""

import sys

from pykis.__env__ import __version__  # noqa: F401
import pykis.__env__ as env
