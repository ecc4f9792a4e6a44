"""Contact sheets: many pages side by side in one picture, to look at all of them."""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from tools.accessibility.site import Place
from tools.accessibility.views import View
from tools.accessibility.visiting import Visitors

# Window, how many pages stand beside each other, and how many times the window's height is shown at most.
SIZES = {
    "laptop": ({"width": 1366, "height": 650}, 3, 2.4),
    "desk": ({"width": 1280, "height": 860}, 3, 1.6),
    "tablet": ({"width": 768, "height": 1024}, 4, 1.6),
    "phone": ({"width": 375, "height": 740}, 8, 3.0),
}
SHEET_WIDTH, GAP, LABEL, A_SHEET = 2400, 12, 22, 3


def make_sheets(visitors: Visitors, places: Sequence[Place], folder: Path, views: Sequence[View]) -> None:
    """Write a sheet for every few pages, in each view and size."""
    folder.mkdir(parents=True, exist_ok=True)
    for view in views:
        most = max(columns for _, columns, _ in SIZES.values()) * A_SHEET
        for number, group in enumerate(_in_groups(places, most), 1):
            taken = [_pictures(visitors, place, view) for place in group]
            for name, (_, columns, _) in SIZES.items():
                named = [(place.name, pictures[name]) for place, pictures in zip(group, taken, strict=True)]
                for part, few in enumerate(_in_groups(named, columns * A_SHEET), 1):
                    file = folder / f"{name}-{view.language}-{view.theme}-{number:02}-{part}.png"
                    _sheet(few, columns).save(file)
                    print(file, flush=True)


def _pictures(visitors: Visitors, place: Place, view: View) -> dict[str, Image.Image]:
    """The page in every size, from its top and with its charts."""
    page = visitors.open(place, view)
    # What stays in sight of a window would lie in the middle of a page that is higher than one.
    page.evaluate("for (const bar of document.querySelectorAll('.at-hand')) bar.style.position = 'static'")
    taken = {}
    for name, (window, _, most) in SIZES.items():
        page.set_viewport_size(window)  # type: ignore[arg-type]
        page.evaluate("scrollTo(0, 0)")
        height = min(page.evaluate("document.documentElement.scrollHeight"), int(window["height"] * most))
        clip = {"x": 0, "y": 0, "width": window["width"], "height": height}
        taken[name] = Image.open(io.BytesIO(page.screenshot(full_page=True, clip=clip))).convert("RGB")  # type: ignore[arg-type]
    return taken


def _sheet(taken: Sequence[tuple[str, Image.Image]], columns: int) -> Image.Image:
    width = (SHEET_WIDTH - GAP * (columns + 1)) // columns
    small = [
        (name, picture.resize((width, picture.height * width // picture.width), Image.Resampling.LANCZOS))
        for name, picture in taken
    ]
    rows = list(_in_groups(small, columns))
    heights = [max(picture.height for _, picture in row) + LABEL + GAP for row in rows]
    sheet = Image.new("RGB", (SHEET_WIDTH, sum(heights) + GAP), "#c8f0c8")
    top = GAP
    for row, height in zip(rows, heights, strict=True):
        for n, (name, picture) in enumerate(row):
            left = GAP + n * (width + GAP)
            ImageDraw.Draw(sheet).text((left, top), name, fill="black")
            sheet.paste(picture, (left, top + LABEL))
        top += height
    return sheet


def _in_groups(all_of_them: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(all_of_them), size):
        yield all_of_them[start : start + size]
