"""How the simulator behaves, as far as the operator chooses it."""

import re
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field, field_validator

from kis_mcp.clock import KST, Clock, WorldClock
from kis_mcp.settings.texts import NUMBER, PARTS, WORD

_TIME = re.compile(r"(20(?:19|[2-9]\d)-\d\d-\d\d)(?:[T ]\d\d:\d\d(?::\d\d)?)?")


class Simulation(BaseModel):
    """The settings of the simulator inside this process. ``sim_clock`` holds for one on this machine too."""

    sim_clock: Annotated[Literal["always", "market"], WORD] = "always"
    sim_at: datetime | None = None
    sim_speed: Annotated[float, NUMBER] = Field(1, ge=0, le=3600)
    sim_replay: Annotated[tuple[Path, ...], PARTS] = ()
    sim_record: Path | None = None

    @field_validator("sim_replay", "sim_record")
    @classmethod
    def _at_home(cls, value: tuple[Path, ...] | Path | None) -> tuple[Path, ...] | Path | None:
        return tuple(path.expanduser() for path in value) if isinstance(value, tuple) else value and value.expanduser()

    @field_validator("sim_at", mode="before")
    @classmethod
    def _in_korea(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            if _TIME.fullmatch(value):
                return datetime.fromisoformat(value).replace(tzinfo=KST)
        except ValueError:
            pass
        raise ValueError(f"{value[:40]!r} is no time in Korea from 2019 on, such as 2026-06-15T09:00")

    def world_clock(self, real: Clock) -> WorldClock:
        """The clock of the simulated world, which follows the real one unless it is set otherwise."""
        return WorldClock(real, at=self.sim_at, speed=self.sim_speed)
