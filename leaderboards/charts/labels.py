"""Where to write the names of points so that they hide little of each other."""

from collections.abc import Sequence

CHARACTER, HEIGHT, GAP, DOT = 6.6, 14.0, 10.0, 12.0

Box = tuple[float, float, float, float]  # left, top, right, bottom


def place_labels(
    points: Sequence[tuple[float, float]],
    names: Sequence[str],
    *,
    width: float,
    height: float,
    lines: Sequence[Box] = (),
) -> list[str]:
    """A place for each name, taken in turn: the one that covers least; see marks.PLACES.

    Args:
        points: In pixels from the left and from the top of the plot.
        lines: What else is drawn, upright or level, as boxes without width or height.
    """
    taken = [_grown((x, y, x, y), DOT / 2) for x, y in points] + [_grown(line, 1) for line in lines]
    result = []
    for (x, y), name in zip(points, names, strict=True):
        boxes = _boxes(x, y, CHARACTER * len(name))
        best = min(boxes, key=lambda place: _covered(boxes[place], taken) + _outside(boxes[place], width, height))
        taken.append(boxes[best])
        result.append(best)
    return result


def _boxes(x: float, y: float, length: float) -> dict[str, Box]:
    """By place, the one liked best first."""
    sides = {
        "right": (x + GAP, y - HEIGHT / 2),
        "left": (x - GAP - length, y - HEIGHT / 2),
        "above": (x - length / 2, y - GAP - HEIGHT),
        "below": (x - length / 2, y + GAP),
        "above right": (x + GAP / 2, y - GAP / 2 - HEIGHT),
        "below right": (x + GAP / 2, y + GAP / 2),
        "above left": (x - GAP / 2 - length, y - GAP / 2 - HEIGHT),
        "below left": (x - GAP / 2 - length, y + GAP / 2),
    }
    return {place: (left, top, left + length, top + HEIGHT) for place, (left, top) in sides.items()}


def _grown(box: Box, by: float) -> Box:
    return box[0] - by, box[1] - by, box[2] + by, box[3] + by


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
