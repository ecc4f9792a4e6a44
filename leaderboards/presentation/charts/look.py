"""The looks of charts: the site's colours, light and dark, and the widths of a wide and a narrow screen."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language

# The server draws files with a font that has the characters of the language; browsers have their own.
CHINESE = '"PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", '
FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", sans-serif'
WIDE, NARROW = 680, 240

# Each regime has a colour and each size class a shape; what differs by colour alone is named in words as well.
REGIMES = ("zero-shot", "fine-tuned", "baseline", "human")
SIZE_CLASSES = {"compact": "circle", "mid": "square", "large": "triangle-up", "no size": "diamond"}


@dataclass(frozen=True)
class Colours:
    """The colours of a theme.

    Attributes:
        regimes: In the order of REGIMES.
        low, middle, high: Of a diverging scale, light enough for text on top.
    """

    surface: str
    text: str
    muted: str
    line: str
    accent: str
    regimes: tuple[str, ...]
    low: str
    middle: str
    high: str


# The values of site.css (accent, speakers 2, 8 and 6); tests/leaderboards/presentation/test_charts.py compares them.
LIGHT = Colours(
    surface="#ffffff",
    text="#18202c",
    muted="#556072",
    line="#d9dee7",
    accent="#1f5fbf",
    regimes=("#1f5fbf", "#a83a13", "#59606e", "#0d6e7d"),
    low="#f2b491",
    middle="#ffffff",
    high="#9cc3f5",
)
DARK = Colours(
    surface="#191f28",
    text="#e5eaf2",
    muted="#9fabbd",
    line="#313b4a",
    accent="#82b1ff",
    regimes=("#82b1ff", "#ffa27d", "#b9c1ce", "#6fd3e0"),
    low="#80401f",
    middle="#191f28",
    high="#24528f",
)


@dataclass(frozen=True)
class Look:
    """The screen that a chart is drawn for."""

    dark: bool = False
    narrow: bool = False

    @property
    def colours(self) -> Colours:
        return DARK if self.dark else LIGHT

    @property
    def width(self) -> int:
        return NARROW if self.narrow else WIDE

    @property
    def name(self) -> str:
        return f"{'dark' if self.dark else 'light'}-{'narrow' if self.narrow else 'wide'}"

    def config(self) -> dict[str, Any]:
        """Return Vega-Lite's config, the same for all charts."""
        colours, size = self.colours, 12
        titles = {"titleColor": colours.muted, "titleFontSize": size, "titleFontWeight": "normal"}
        labels = {"labelColor": colours.text, "labelFontSize": size, "labelLimit": 140 if self.narrow else 240}
        return {
            "background": colours.surface,
            "font": FONT if get_language() != "zh-hans" else CHINESE + FONT,
            # The element around it is one image with a description: a screen reader would read hundreds of points.
            "aria": False,
            "padding": 6,
            "view": {"stroke": None},
            "axis": titles
            | labels
            | {"gridColor": colours.line, "domainColor": colours.line, "tickColor": colours.line, "titlePadding": 8},
            "legend": titles
            | labels
            | {
                "orient": "bottom",
                "direction": "horizontal",
                "columns": 2 if self.narrow else 4,
                "symbolSize": 90,
                "symbolStrokeWidth": 2,
                "layout": {"bottom": {"anchor": "start", "direction": "vertical" if self.narrow else "horizontal"}},
            },
            "text": {"color": colours.text, "fontSize": size},
            "rule": {"color": colours.muted},
            "line": {"color": colours.accent},
            "range": {"category": list(colours.regimes)},
        }


def look_of(theme: str, width: str) -> Look:
    """Return the look that an address names; anything else is light and wide."""
    return Look(dark=theme == "dark", narrow=width == "narrow")
