"""What the pictures' font draws, and what stands for the rest."""

from io import BytesIO

import pytest
from fontTools.ttLib import TTFont
from hypothesis import given, strategies as st

from kis_mcp.catalog.data import resources_folder
from kis_mcp.charts.letters import all_letters, fitted, has_letter, readable, width_of
from kis_mcp.charts.svg import FONT
from tests.generate.chart_font import SOURCE, made

FILE = resources_folder() / "fonts" / "charts.ttf"


def test_the_font_draws_every_letter_that_it_is_said_to_draw() -> None:
    with TTFont(FILE) as font:
        drawn = font.getBestCmap() or {}
        widths = {
            letter: font["hmtx"][drawn[ord(letter)]][0] / 1000 for letter in all_letters() if ord(letter) in drawn
        }
        family = font["name"].getDebugName(1)
    assert set(widths) == set(all_letters())
    assert sum(0xAC00 <= ord(letter) <= 0xD7A3 for letter in widths) == 2350
    assert family == FONT
    assert FILE.stat().st_size < 500_000
    for text in ("삼성전자", "Berkshire Hathaway", "71,200원", "2026-03-04 10:30:00", "+12.34%"):
        assert width_of(text, 1) == pytest.approx(sum(map(widths.__getitem__, text)), rel=0.12)


def outlines(file: bytes) -> dict[int, object]:
    """What a font draws for each letter, whichever version of fontTools wrote it."""
    with TTFont(BytesIO(file)) as font:
        shapes, names = font["glyf"], font.getBestCmap() or {}
        return {
            code: (font["hmtx"][name], list(shapes[name].getCoordinates(shapes)[0])) for code, name in names.items()
        }


@pytest.mark.skipif(not SOURCE.exists(), reason="the whole font is not installed (Debian: fonts-nanum)")
def test_the_file_is_the_part_of_the_font_that_charts_draw(regenerate: bool) -> None:
    font = made()
    if regenerate:
        FILE.write_bytes(font)
    assert outlines(FILE.read_bytes()) == outlines(font), "pytest --regenerate this file"


def test_the_fonts_licence_lies_beside_it_and_its_reserved_name_is_not_used() -> None:
    licence = (FILE.parent / "OFL.txt").read_text("utf-8")
    assert "SIL OPEN FONT LICENSE" in licence
    assert "Reserved Font Name" in licence
    assert "Nanum" not in FONT


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("삼성전자우", "삼성전자우"),
        ("뷁 쀍", "ㅂㅞㄺ ㅃㅞㄺ"),
        ("Nestlé Ａ１", "Nestle A1"),
        ("가\u200b나\n다\t라", "가나 다 라"),
        ("漢字 🚀", "□□ □"),
        ("가", "가"),
    ],
)
def test_what_the_font_lacks_is_written_in_other_letters(text: str, drawn: str) -> None:
    assert readable(text) == drawn


@given(st.text(max_size=60), st.floats(20, 400))
def test_any_text_is_cut_to_its_room_in_letters_that_are_drawn(text: str, room: float) -> None:
    cut = fitted(text, 14, room)
    assert all(map(has_letter, cut))
    assert width_of(cut, 14) <= room
