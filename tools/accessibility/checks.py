"""What is looked for on a page: axe-core's rules, and what is cut off, covered or outside the window."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import BrowserContext, Page

# A browser at 200 % has half of each side: WCAG 1.4.4 and 1.4.10 on a laptop's window of 1280 × 650.
DESK = {"width": 1280, "height": 650}
ZOOMED = {"width": 640, "height": 325}
PHONE = {"width": 375, "height": 740}
HOW_MANY = 4
# Rules whose answer depends on colours, and on what a narrow window hides or lets scroll.
OF_LAYOUT = (
    *("color-contrast", "link-in-text-block", "scrollable-region-focusable", "aria-hidden-focus"),
    *("button-name", "link-name", "label", "select-name", "heading-order", "page-has-heading-one"),
)

# What can be opened, but for menus, which lie over the page while they are open.
OPEN_ALL = "document.querySelectorAll('details:not(.menu, .downloads)').forEach((one) => { one.open = true; })"
FAULTS_SCRIPT, MAPS_SCRIPT, COLOURS_SCRIPT = (
    (Path(__file__).parent / name).read_text(encoding="utf-8")
    for name in ("faults.js", "on_objects.js", "known_colours.js")
)
# axe with another kind of weak maps, and colours that are read once: its answers are the same, in half the time.
QUICK_AXE = (
    f"() => {{ {MAPS_SCRIPT} (function (WeakMap) {{ {AXE_SCRIPT} }}).call(globalThis, OnObjects); {COLOURS_SCRIPT} }}"
)
HAS_AXE = "() => { globalThis.loadAxe?.(); return 'axe' in globalThis; }"

# The colours of a button that was just pressed are between two of the style sheet's. What moves for ever is not waited for.
COME_TO_REST = """async () => {
  const moving = document.getAnimations().filter((one) => Number.isFinite(one.effect.getComputedTiming().endTime));
  await Promise.allSettled(moving.map((one) => one.finished));
}"""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong. where: language, theme, and the window if it is not a desk's."""

    where: str
    what: str


def broken_rules(page: Page, rules: Sequence[str] = ()) -> list[str]:
    """Each broken rule of axe-core, with the elements that break it. rules: Only these."""
    return [_said(rule) for rule in violations(page, rules)]


def violations(page: Page, rules: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The same, as axe-core tells it."""
    # Style sheets are not asked for again, and nobody reads the places of elements.
    options: dict[str, Any] = {"resultTypes": ["violations"], "preload": False, "selectors": False}
    if rules:
        options["runOnly"] = {"type": "rule", "values": list(rules)}
    if not page.evaluate(HAS_AXE):
        page.evaluate(QUICK_AXE)
    page.evaluate(COME_TO_REST)
    return list(page.evaluate("async (options) => (await axe.run(options)).violations", options))


def keep_axe(context: BrowserContext) -> None:
    """Have every page of the context find axe there: to send and compile it anew took longer than most of its rules."""
    once = f"globalThis.loadAxe = () => {{ delete globalThis.loadAxe; ({QUICK_AXE})(); }}"
    context.add_init_script(once)


def _said(rule: dict[str, Any]) -> str:
    elements = "; ".join(node["html"][:160] for node in rule["nodes"][:HOW_MANY])
    return f"{rule['id']} ({rule['impact']}, {len(rule['nodes'])}): {elements}"


def cut_off(page: Page, size: dict[str, int]) -> list[str]:
    """What is not in reach in a window of this size."""
    page.set_viewport_size(size)  # type: ignore[arg-type]
    if not page.evaluate("'findFaults' in globalThis"):
        page.evaluate(f"() => {{ {FAULTS_SCRIPT} }}")
    return list(page.evaluate("findFaults()"))
