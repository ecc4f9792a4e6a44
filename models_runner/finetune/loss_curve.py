"""A loss curve ready to print as SVG; the arithmetic is done here, templates only place it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 600, 200
LEFT, RIGHT, TOP, BOTTOM = 52, 18, 16, 28
TICKS = 4


@dataclass(frozen=True)
class CurveTick:
    at: float
    label: str


@dataclass(frozen=True)
class LossCurve:
    """training, validation: SVG polyline points; dots: the validation points one by one, for their circles."""

    width: int
    height: int
    training: str
    validation: str
    dots: list[tuple[float, float]]
    steps: list[CurveTick]
    losses: list[CurveTick]
    description: str


def loss_curve(log: Sequence[Mapping[str, float]], total_steps: int) -> LossCurve | None:
    """The curve of a fine-tuning's log; None before the second value."""
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
        if found := [entry for entry in log if name in entry]:
            first, end = found[0], found[-1]
            parts.append(
                f"{words} {first[name]:.2f} at step {first['step']:.0f}, {end[name]:.2f} at step {end['step']:.0f}"
            )
    return "; ".join(parts)
