"""Which parameters a search tries."""

from typing import Any

import pytest
from hypothesis import given, strategies as st

from kis_mcp.errors import BadArgument
from kis_mcp.strategies.backtest.points import grid, some_of_grid
from kis_mcp.strategies.document import Strategy, read_strategy


def strategy(**parameters: Any) -> Strategy:
    entry = {"left": "close", "is": "above", "right": 0}
    return read_strategy({"id": "s", "name": "s", "entry": entry, "parameters": parameters})


def test_a_grid_is_every_combination_by_the_steps_of_the_ranges() -> None:
    found = grid(
        strategy(
            days={"default": 5, "min": 5, "max": 11, "step": 3},
            stop={"default": 0.2, "min": 0.1, "max": 0.3, "step": 0.1},
            fixed={"default": 7},
        )
    )
    assert found == [{"days": days, "stop": stop} for days in (5, 8, 11) for stop in (0.1, 0.2, 0.3)]


def test_a_range_without_a_step_is_gone_through_one_by_one_or_in_ten_parts() -> None:
    assert [point["n"] for point in grid(strategy(n={"default": 2, "min": 1, "max": 3}))] == [1, 2, 3]
    assert [point["x"] for point in grid(strategy(x={"default": 0.5, "min": 0.0, "max": 1.0}))] == [
        number / 10 for number in range(11)
    ]
    assert grid(strategy(n={"default": 2, "min": 2, "max": 2}, x={"default": 1.5, "min": 1.5, "max": 1.5})) == [
        {"n": 2, "x": 1.5}
    ]


RANGES = {
    "a": {"default": 1, "min": 1, "max": 20},
    "b": {"default": 1, "min": 1, "max": 7, "step": 2},
    "c": {"default": 0.5, "min": 0.5, "max": 2.0, "step": 0.5},
}


@given(st.integers(1, 400), st.integers(0, 1000))
def test_points_by_chance_are_different_ones_of_the_grid_and_the_same_again(count: int, seed: int) -> None:
    document = strategy(**RANGES)
    every = {tuple(sorted(point.items())) for point in grid(document)}
    found = {tuple(sorted(point.items())) for point in some_of_grid(document, count, seed)}
    assert found <= every
    assert len(found) == min(count, len(every))
    assert some_of_grid(document, count, seed) == some_of_grid(document, count, seed)


def test_another_seed_gives_other_points() -> None:
    assert some_of_grid(strategy(**RANGES), 5, 1) != some_of_grid(strategy(**RANGES), 5, 2)


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"a": {"default": 1}}, "parameters"),
        ({"a": {"default": 1, "min": 0}}, "parameters"),
        ({"a": {"default": 1, "min": 0, "max": 200}, "b": {"default": 1, "min": 0, "max": 200}}, "parameters"),
        ({"a": {"default": 1, "min": 0, "max": 20_000}}, "parameters.a.step"),
        ({"a": {"default": 1, "min": 0, "max": 2, "step": 0.5}}, "parameters.a.step"),
    ],
)
def test_ranges_that_cannot_be_gone_through_are_refused(parameters: Any, field: str) -> None:
    with pytest.raises(BadArgument) as refused:
        grid(strategy(**parameters))
    assert refused.value.field == field


@pytest.mark.parametrize("count", [0, 10_001])
def test_points_by_chance_are_one_to_ten_thousand(count: int) -> None:
    with pytest.raises(BadArgument):
        some_of_grid(strategy(**RANGES), count, 1)
