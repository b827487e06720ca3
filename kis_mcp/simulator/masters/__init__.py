"""KIS' files of instruments, as its download host gives them: what is listed in the world on a day."""

from kis_mcp.simulator.masters.files import master_file

__all__ = ["master_file"]
