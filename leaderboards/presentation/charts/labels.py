"""Place the names of points so that they hide little of each other."""

from collections.abc import Sequence

CHARACTER, HEIGHT, DOT = 6.6, 14.0, 14.0
# Costs: a name over a name weighs more than one over a line; a far name costs as much as a dot half covered.
TEXT, FAR = 4.0, 60.0
SWEEPS = 8

# Around a point: align, baseline, dx, dy; the best first.
PLACES: dict[str, tuple[str, str, int, int]] = {
    "right": ("left", "middle", 10, 0),
    "left": ("right", "middle", -10, 0),
    "above": ("center", "bottom", 0, -10),
    "below": ("center", "top", 0, 10),
    "above right": ("left", "bottom", 8, -4),
    "below right": ("left", "top", 8, 4),
    "above left": ("right", "bottom", -8, -4),
    "below left": ("right", "top", -8, 4),
    "far above": ("center", "bottom", 0, -26),
    "far below": ("center", "top", 0, 26),
    "far above right": ("left", "bottom", 8, -18),
    "far below right": ("left", "top", 8, 18),
    "far above left": ("right", "bottom", -8, -18),
    "far below left": ("right", "top", -8, 18),
}

Box = tuple[float, float, float, float]  # left, top, right, bottom


def padded(values: Sequence[float]) -> tuple[float, float]:
    """Return the ends of an axis with room around these values."""
    low, high = min(values), max(values)
    room = 0.06 * (high - low) or 0.1 * abs(high) or 1.0
    return low - room, high + room


def place_labels(
    points: Sequence[tuple[float, float]],
    names: Sequence[str],
    *,
    width: float,
    height: float,
    lines: Sequence[Box] = (),
) -> list[str]:
    """Choose for each name the place that covers least, in sweeps until no name moves.

    Args:
        points: In pixels from the left and from the top of the plot.
        lines: Vertical and horizontal lines, as boxes without width or height.
    Returns:
        Keys of PLACES.
    """
    drawn = [_grown((x, y, x, y), DOT / 2) for x, y in points] + [_grown(line, 1) for line in lines]
    boxes = [_boxes(x, y, CHARACTER * len(name)) for (x, y), name in zip(points, names, strict=True)]
    costs = [
        {place: _covered(box, drawn) + _outside(box, width, height) + _far(place) for place, box in own.items()}
        for own in boxes
    ]
    return _settle(boxes, costs)


def _settle(boxes: Sequence[dict[str, Box]], costs: Sequence[dict[str, float]]) -> list[str]:
    """Choose in turn the place that costs least beside the names placed so far, until no name moves."""
    chosen: dict[int, str] = {}
    for _ in range(SWEEPS):
        before = dict(chosen)
        for i, own in enumerate(boxes):
            others = [boxes[j][place] for j, place in chosen.items() if j != i]
            chosen[i] = min(own, key=lambda place: costs[i][place] + TEXT * _covered(own[place], others))
        if chosen == before:
            break
    return [chosen[i] for i in range(len(boxes))]


def _far(place: str) -> float:
    """Cost of a place far from its point, where the name may be taken for another point's."""
    return FAR if place.startswith("far") else 0.0


def _boxes(x: float, y: float, length: float) -> dict[str, Box]:
    """Return the box of the name at each place, the best place first."""
    boxes: dict[str, Box] = {}
    for place, (align, baseline, dx, dy) in PLACES.items():
        left = x + dx - {"left": 0.0, "center": length / 2, "right": length}[align]
        top = y + dy - {"top": 0.0, "middle": HEIGHT / 2, "bottom": HEIGHT}[baseline]
        boxes[place] = (left, top, left + length, top + HEIGHT)
    return boxes


def _grown(box: Box, by: float) -> Box:
    return box[0] - by, box[1] - by, box[2] + by, box[3] + by


def _covered(box: Box, others: Sequence[Box]) -> float:
    return sum(
        max(0.0, min(box[2], other[2]) - max(box[0], other[0]))
        * max(0.0, min(box[3], other[3]) - max(box[1], other[1]))
        for other in others
    )


def _outside(box: Box, width: float, height: float) -> float:
    """Cost of what lies outside the plot; it weighs more than any cover, because it cannot be read at all."""
    over = max(0.0, -box[0]) + max(0.0, box[2] - width) + max(0.0, -box[1]) + max(0.0, box[3] - height)
    return 100 * over
