// Marking errors on the rating page: words of a summary are chosen by mouse, finger or keys, a kind is picked, and the mark
// is saved at once, by the same sender as answers. docs/marks.md tells what is stored.

import { state } from "../annotations/rate.js";
import { pressMarkingKey } from "./marking/keys.js";
import { sayNoneOrGoOn } from "./marking/required.js";
import { addMark, addWhole, askForMore, forgetRefused, readForErrors, showMarks, startMarks, takeBack } from "./marking/marks.js";
import { rangeOf } from "./marking/words.js";

const SETTLED_MS = 300; // after the last change of a selection
const marking = { rating: state, panel: null, marks: [], noneFound: new Set(), chosen: null, cursor: null };
let isDown = false;
let settling = 0;

function prepare() {
  const panel = document.querySelector("[data-marking]");
  if (panel === marking.panel) return; // announced twice
  Object.assign(marking, { panel, chosen: null, cursor: null });
  document.querySelector("[data-marking-forms]")?.remove();
  if (panel) startMarks(marking);
}

/** Words were selected by mouse or finger: offer the kinds. */
function takeSelection() {
  const selection = getSelection();
  if (!marking.panel || isDown || selection.isCollapsed || !selection.rangeCount) return;
  const chosen = rangeOf(selection.getRangeAt(0));
  if (!chosen) return;
  marking.cursor = null;
  marking.chosen = chosen;
  showMarks(marking, { paint: false }); // painting would take the selection away, and a finger may go on
}

function settle() {
  clearTimeout(settling);
  settling = setTimeout(takeSelection, SETTLED_MS);
}

function letGo() {
  isDown = false;
  settle();
}

document.addEventListener("selectionchange", settle);
document.addEventListener("pointerdown", () => (isDown = true));
document.addEventListener("pointerup", letGo);
document.addEventListener("pointercancel", letGo);

// Before the keys of the page: while words are chosen, digits are kinds and arrows are words.
document.addEventListener("keydown", (event) => pressMarkingKey(marking, event), { capture: true });

document.addEventListener("click", ({ target }) => {
  if (!marking.panel?.contains(target)) return;
  const kind = target.closest("[data-mark-kind]");
  const key = target.closest("[data-take-back]")?.dataset.takeBack;
  if (kind) addMark(marking, kind);
  else if (key) takeBack(marking, key);
  else if (target.closest("[data-mark-read] button")) readForErrors(marking);
  else if (target.closest("[data-no-error] button, [data-go-on]")) sayNoneOrGoOn(marking);
  else if (target.closest("[data-mark-cancel]")) {
    Object.assign(marking, { chosen: null, cursor: null });
    getSelection().removeAllRanges();
    showMarks(marking);
  }
});

document.addEventListener("change", ({ target }) => {
  if (target.matches("[data-whole]")) addWhole(marking, target);
});

// The panel scrolls: what was opened comes into sight.
document.addEventListener(
  "toggle",
  ({ target }) => {
    if (target.open && target.matches(".kinds-told")) target.scrollIntoView({ block: "nearest" });
  },
  { capture: true },
);

document.addEventListener("item-answered", ({ detail }) => {
  if (marking.panel && detail.error) forgetRefused(marking, detail.item);
});

document.addEventListener("answer-given", () => {
  if (marking.panel) askForMore(marking);
});

prepare();
document.addEventListener("pair-shown", prepare);
