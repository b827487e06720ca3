"""As many of a line's points as a picture can show."""

from collections.abc import Sequence

MOST_POINTS = 500


def thin(values: Sequence[float]) -> list[int]:
    """Numbers of values enough to draw: the lowest and the highest of each stretch, and both ends."""
    count = len(values)
    if count <= MOST_POINTS:
        return list(range(count))
    stretches, chosen = MOST_POINTS // 2, {0, count - 1}
    for number in range(stretches):
        stretch = range(count * number // stretches, count * (number + 1) // stretches)
        chosen |= {min(stretch, key=values.__getitem__), max(stretch, key=values.__getitem__)}
    return sorted(chosen)
