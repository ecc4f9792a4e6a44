"""The colours in site.css: text must be readable on every ground it is put on, in light and in dark."""

import re
from pathlib import Path

import pytest

import evalsite

CSS = (Path(evalsite.__file__).parent / "static/evalsite/site.css").read_text()
LIGHT, DARK = (dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6});", part)) for part in CSS.split("@media", 2)[:2])
SPEAKERS = [f"speaker-{n}" for n in range(1, 9)]
PAIRS = [
    *((name, "surface") for name in ("text", "muted", "accent", "good", "bad", "warn", *SPEAKERS)),
    *((name, ground) for name in ("text", "muted", "accent") for ground in ("bg", "sunken")),
    *((name, f"{name}-soft") for name in ("accent", "good", "bad", "warn")),
    *(("text", f"{name}-soft") for name in ("accent", "good", "bad", "warn")),
    *((name, "accent-soft") for name in ("muted", *SPEAKERS)),
    ("accent-text", "accent"),
]


def luminance(colour: str) -> float:
    """Relative luminance by WCAG 2.2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_of_black_on_white_is_21():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_is_readable(colours, text, ground):
    assert contrast(colours[text], colours[ground]) >= 4.5


def test_dark_replaces_every_colour_of_light():
    assert LIGHT.keys() == DARK.keys()


def rules(selector: str) -> str:
    """What site.css says of exactly this selector, alone or in a list of selectors."""
    found = re.findall(r"([^{}]+)\{([^{}]*)\}", re.sub(r"/\*.*?\*/", "", CSS, flags=re.DOTALL))
    return "".join(said for names, said in found if selector in (name.strip() for name in names.split(",")))


@pytest.mark.parametrize("selector", [".turn p", ".summary-text", ".plain", ".rendered"])
def test_what_annotators_read_is_not_marked_as_unsupported(selector):
    assert "wavy" in rules("mark.unsupported")
    assert "wavy" not in rules(selector)


def test_lines_of_a_summary_break_as_its_format_says():
    assert re.findall("white-space: ([a-z-]+)", rules(".turn p")) == ["pre-line"]
    assert re.findall("white-space: ([a-z-]+)", rules(".summary-text")) == ["pre-line"]
    assert re.findall("white-space: ([a-z-]+)", rules(".plain .summary-text")) == ["pre-wrap"]
    assert re.findall("white-space: ([a-z-]+)", rules(".rendered .summary-text")) == ["normal"]
