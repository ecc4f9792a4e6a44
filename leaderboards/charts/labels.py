"""Where to write the names of points so that they hide little of each other."""

from collections.abc import Sequence

CHARACTER, HEIGHT, GAP, DOT = 6.6, 14.0, 10.0, 12.0

Box = tuple[float, float, float, float]  # left, top, right, bottom


def place_labels(
    points: Sequence[tuple[float, float]], names: Sequence[str], *, width: float, height: float
) -> list[str]:
    """ "right", "left", "above" or "below" for each point, taken in turn: the place that covers least.

    Args:
        points: In pixels from the left and from the top of the plot.
    """
    taken: list[Box] = [(x - DOT / 2, y - DOT / 2, x + DOT / 2, y + DOT / 2) for x, y in points]
    result = []
    for (x, y), name in zip(points, names, strict=True):
        boxes = _boxes(x, y, CHARACTER * len(name))
        best = min(boxes, key=lambda place: _covered(boxes[place], taken) + _outside(boxes[place], width, height))
        taken.append(boxes[best])
        result.append(best)
    return result


def _boxes(x: float, y: float, length: float) -> dict[str, Box]:
    half = HEIGHT / 2
    return {
        "right": (x + GAP, y - half, x + GAP + length, y + half),
        "left": (x - GAP - length, y - half, x - GAP, y + half),
        "above": (x - length / 2, y - GAP - HEIGHT, x + length / 2, y - GAP),
        "below": (x - length / 2, y + GAP, x + length / 2, y + GAP + HEIGHT),
    }


def _covered(box: Box, others: Sequence[Box]) -> float:
    return sum(
        max(0.0, min(box[2], other[2]) - max(box[0], other[0]))
        * max(0.0, min(box[3], other[3]) - max(box[1], other[1]))
        for other in others
    )


def _outside(box: Box, width: float, height: float) -> float:
    """Weighs more than any cover: what is cut off cannot be read at all."""
    over = max(0.0, -box[0]) + max(0.0, box[2] - width) + max(0.0, -box[1]) + max(0.0, box[3] - height)
    return 100 * over
