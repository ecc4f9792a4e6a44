"""Compute a loss curve for an SVG: the arithmetic is done here, and the template only prints it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 600, 200
LEFT, RIGHT, TOP, BOTTOM = 52, 18, 16, 28
TICKS = 4


@dataclass(frozen=True)
class CurveTick:
    """A mark on an axis: its coordinate in the drawing, and its label."""

    at: float
    label: str


@dataclass(frozen=True)
class LossCurve:
    """A curve in the coordinates of its drawing.

    Attributes:
        width: Width of the drawing.
        height: Height of the drawing.
        training: Points of the training loss, as an SVG polyline has them.
        validation: Points of the validation loss, likewise.
        dots: The points of the validation loss one by one, for their circles.
        steps: Ticks of the horizontal axis.
        losses: Ticks of the vertical axis.
        description: The curve in words.
    """

    width: int
    height: int
    training: str
    validation: str
    dots: list[tuple[float, float]]
    steps: list[CurveTick]
    losses: list[CurveTick]
    description: str


def loss_curve(log: Sequence[Mapping[str, float]], total_steps: int) -> LossCurve | None:
    """Return the curve of a fine-tuning's log; None before the second value."""
    if len(log) < 2:
        return None
    values = [entry.get("loss", entry.get("validation_loss", 0.0)) for entry in log]
    low, high = min(values), max(values)
    last = max(total_steps, *(int(entry["step"]) for entry in log))

    def x(step: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * step / last, 1)

    def y(loss: float) -> float:
        return round(TOP + (HEIGHT - TOP - BOTTOM) * (high - loss) / ((high - low) or 1), 1)

    training = [(x(e["step"]), y(e["loss"])) for e in log if "loss" in e]
    validation = [(x(e["step"]), y(e["validation_loss"])) for e in log if "validation_loss" in e]
    return LossCurve(
        width=WIDTH,
        height=HEIGHT,
        training=_points(training),
        validation=_points(validation),
        dots=validation,
        steps=[CurveTick(x(last * i / TICKS), f"{last * i / TICKS:.0f}") for i in range(TICKS + 1)],
        losses=[
            CurveTick(y(loss), f"{loss:.2f}") for loss in (low + (high - low) * i / TICKS for i in range(TICKS + 1))
        ],
        description=_described(log),
    )


def _points(pairs: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x},{y}" for x, y in pairs)


def _described(log: Sequence[Mapping[str, float]]) -> str:
    parts = []
    for name, words in (("loss", "training loss"), ("validation_loss", "validation loss")):
        if entries := [entry for entry in log if name in entry]:
            first, end = entries[0], entries[-1]
            parts.append(
                f"{words} {first[name]:.2f} at step {first['step']:.0f}, {end[name]:.2f} at step {end['step']:.0f}"
            )
    return "; ".join(parts)
