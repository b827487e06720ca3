import json
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from kis_mcp.clock import KST
from kis_mcp.confirm.pin import FILE, FORGIVEN_AFTER, MOST_WRONG, Pin
from kis_mcp.confirm.weak_pins import weakness
from kis_mcp.errors import BadArgument


@pytest.fixture
def pin(tmp_path: Path) -> Pin:
    pin = Pin(tmp_path)
    pin.set("2580")
    return pin


def test_without_a_pin_nothing_matches_and_nothing_is_written(tmp_path: Path) -> None:
    assert not Pin(tmp_path).is_set()
    assert not (tmp_path / FILE).exists()
    assert not Pin(tmp_path).matches("")


def test_only_the_pin_itself_matches(pin: Pin) -> None:
    assert pin.is_set()
    assert pin.matches("2580")
    assert pin.matches("２５８０")
    assert not any(pin.matches(wrong) for wrong in ("2581", "258", "25800", ""))


def test_the_file_is_the_owners_alone_and_holds_no_pin(pin: Pin, tmp_path: Path) -> None:
    path = tmp_path / FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    kept = json.loads(path.read_text())
    assert set(kept) == {"salt", "digest", "n", "r", "p", "wrong_at"}
    assert len(bytes.fromhex(kept["digest"])) == 32


def test_equal_pins_are_kept_differently(tmp_path: Path) -> None:
    for name in ("one", "other"):
        Pin(tmp_path / name).set("2580")
    assert (tmp_path / "one" / FILE).read_text() != (tmp_path / "other" / FILE).read_text()


@pytest.mark.parametrize("text", ["", "123", "x" * 65])
def test_a_pin_that_is_too_short_or_too_long_is_refused(pin: Pin, text: str) -> None:
    with pytest.raises(BadArgument, match="4 to 64"):
        pin.set(text)
    assert pin.matches("2580")


@pytest.mark.parametrize(
    ("reason", "texts"),
    [
        ("fewer than 3 different characters", ["0000", "1122", "7077077", "aaaa", "１１１１"]),
        ("repeats a part of itself", ["123123", "2580-2580-"]),
        ("counts up or down", ["1234", "8901", "9876", "2109", "123456", "abcd", "DCBA", "１２３４"]),
        ("its keys lie side by side", ["qwer", "QwertY", "lkjh"]),
        ("could be a birthday or a year", ["0315", "1503", "1231", "0229", "1988", "2024", "80315", "03158", "19883"]),
    ],
)
def test_a_pin_that_is_easily_guessed_is_refused_with_the_reason(pin: Pin, reason: str, texts: list[str]) -> None:
    for text in texts:
        with pytest.raises(BadArgument, match=reason):
            pin.set(text)
    assert pin.matches("2580")


def test_every_day_and_year_is_refused_and_most_other_numbers_are_not() -> None:
    days = [date(2024, 1, 1) + timedelta(days=number) for number in range(366)]
    for shape in ("%m%d", "%d%m"):
        assert [f"{day:{shape}}" for day in days if weakness(f"{day:{shape}}") is None] == []
    assert [year for year in range(1900, 2100) if weakness(str(year)) is None] == []
    assert sum(weakness(f"{number:04}") is None for number in range(10_000)) > 8_000
    assert sum(weakness(f"{number:06}") is None for number in range(0, 1_000_000, 97)) > 10_000


@pytest.mark.parametrize("text", ["2580-x", "7391", "4085", "1470", "48261", "315872", "correct horse", "9274"])
def test_other_pins_are_taken(pin: Pin, text: str) -> None:
    pin.set(text)
    assert pin.matches(text)


def test_wrong_pins_lock_it_until_a_new_one_is_set(pin: Pin, tmp_path: Path) -> None:
    for _ in range(MOST_WRONG):
        assert not pin.is_locked()
        assert not pin.matches("0000")
    assert Pin(tmp_path).is_locked()
    assert not Pin(tmp_path).matches("2580")
    pin.set("1470")
    assert not pin.is_locked()
    assert pin.matches("1470")


def test_the_right_pin_gives_a_guesser_no_more_tries(pin: Pin, tmp_path: Path) -> None:
    for wrong in range(MOST_WRONG):
        assert pin.matches("2580")
        assert not Pin(tmp_path).matches(f"{wrong:04}")
    assert pin.is_locked()
    assert not pin.matches("2580")


def test_the_right_pin_makes_up_for_wrong_ones_of_another_day(tmp_path: Path) -> None:
    now = datetime(2026, 3, 3, 10, tzinfo=KST)
    pin = Pin(tmp_path, lambda: now)
    pin.set("2580")
    for _ in range(MOST_WRONG - 1):
        assert not pin.matches("0000")
    now += FORGIVEN_AFTER
    assert pin.matches("2580")
    for _ in range(MOST_WRONG - 1):
        assert not pin.matches("0000")
    assert not pin.is_locked()


def test_time_alone_lifts_no_lock(tmp_path: Path) -> None:
    now = datetime(2026, 3, 3, 10, tzinfo=KST)
    pin = Pin(tmp_path, lambda: now)
    pin.set("2580")
    for _ in range(MOST_WRONG):
        assert not pin.matches("0000")
    now += 30 * FORGIVEN_AFTER
    assert not pin.matches("2580")
    assert pin.is_locked()


def test_tries_at_the_same_time_are_all_counted(pin: Pin, tmp_path: Path) -> None:
    with ThreadPoolExecutor(MOST_WRONG + 2) as threads:
        tries = [threads.submit(Pin(tmp_path).matches, "0000") for _ in range(MOST_WRONG + 2)]
    assert not any(tried.result() for tried in tries)
    assert pin.is_locked()


def test_a_damaged_file_is_no_pin(pin: Pin, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("{")
    assert not pin.is_set()
    assert not pin.matches("2580")
