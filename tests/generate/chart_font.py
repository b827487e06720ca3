"""``resources/fonts/charts.ttf``: the part of NanumBarunGothic (Debian's fonts-nanum) that charts draw with.

The font's licence reserves its name for the whole of it, so the part has a name of its own.
"""

from io import BytesIO
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

from kis_mcp.charts.letters import all_letters

SOURCE = Path("/usr/share/fonts/truetype/nanum/NanumBarunGothic.ttf")
FAMILY = "KIS Chart Sans"
COPYRIGHT = 0
NAMES = {
    1: FAMILY,
    2: "Regular",
    3: f"{FAMILY} Regular, of NanumBarunGothic 1.000",
    4: FAMILY,
    5: "Version 1.000, a part",
    6: FAMILY.replace(" ", ""),
    13: "This Font Software is licensed under the SIL Open Font License, Version 1.1.",
    14: "https://openfontlicense.org",
}


def made() -> bytes:
    """The font: only the outlines of the letters that are drawn, without hints."""
    options = Options(
        hinting=False, layout_features=[], name_IDs=[COPYRIGHT], notdef_outline=True, recalc_timestamp=False
    )
    options.drop_tables += ["FFTM", "TSI0", "TSI1", "TSI2", "TSI3", "TSI5", "DSIG"]
    font = TTFont(SOURCE, recalcTimestamp=False)
    subsetter = Subsetter(options)
    subsetter.populate(text=all_letters())
    subsetter.subset(font)
    names = font["name"]
    for number, text in NAMES.items():
        names.setName(text, number, 3, 1, 0x409)
    file = BytesIO()
    font.save(file)
    return file.getvalue()
