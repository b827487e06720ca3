"""The colours of a picture."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of what rises, falls and stays; those of the rest are the same everywhere."""

    up: str
    down: str
    up_area: str
    down_area: str
    background: str = "#ffffff"
    ink: str = "#1b1f24"
    faint_ink: str = "#68707a"
    grid: str = "#e6e8eb"
    axis: str = "#b4bac2"
    unchanged: str = "#68707a"
    idle: str = "#f1f2f4"
    weight: str = "#8fa3bf"
    averages: tuple[str, ...] = ("#ef8e00", "#8a4fd3", "#8a6d52")

    def of(self, change: Decimal | None) -> str:
        """The colour of a change."""
        return self.unchanged if not change else self.up if change > 0 else self.down


_RED, _BLUE, _GREEN = "#d8232a", "#1f5fd0", "#0b8a57"
_LIGHT_RED, _LIGHT_BLUE, _LIGHT_GREEN = "#fbe9ea", "#e8effb", "#e6f4ee"

PALETTES = {
    "korea": Palette(up=_RED, down=_BLUE, up_area=_LIGHT_RED, down_area=_LIGHT_BLUE),
    "west": Palette(up=_GREEN, down=_RED, up_area=_LIGHT_GREEN, down_area=_LIGHT_RED),
}
"""As people in Korea and in the West read rising and falling."""
