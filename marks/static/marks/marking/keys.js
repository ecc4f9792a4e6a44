// Marking by keys: m puts a cursor into a summary, arrows move it by words, Enter asks what is wrong, a digit says it.

import { digitOf, nameOf } from "../../annotations/layouts.js";
import { lackingSides } from "../../annotations/rate/losing.js";
import { sayNoneOrGoOn } from "./required.js";
import { addMark, say, showMarks, sideName } from "./marks.js";
import { boxOf, textOf, wordsOf } from "./words.js";
import { gettext } from "../../annotations/texts.js";

const STEPS = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 8, ArrowUp: -8, Home: -Infinity, End: Infinity };
const FIELDS = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";

export function pressMarkingKey(marking, event) {
  if (!marking.panel || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.querySelector("dialog[open]") || event.target.closest(FIELDS)) return;
  const isInForm = marking.chosen && document.activeElement?.closest("[data-mark-form]");
  const isChoosing = marking.chosen && !document.activeElement?.closest(".questions");
  if (!(isChoosing && pressInForm(marking, event)) && (isInForm || !pressInText(marking, event))) return;
  event.preventDefault();
  event.stopPropagation();
}

/** Words are chosen, by keys, mouse or finger: a digit is a kind, as the page says, and no answer. */
function pressInForm(marking, event) {
  const digit = digitOf(event);
  if (digit === "0") {
    const major = marking.panel.querySelector("[data-mark-major]");
    major.checked = !major.checked;
    say(marking, major.checked ? major.closest("label").textContent.trim() : "");
    return true;
  }
  if (event.key === "Escape") {
    marking.chosen = null;
    getSelection().removeAllRanges();
    toText(marking);
    return true;
  }
  if (!digit) return false;
  const button = marking.panel.querySelectorAll("[data-mark-kind]")[Number(digit) - 1];
  if (button) {
    addMark(marking, button);
    toText(marking);
  }
  return true;
}

/** From the kinds back to the words, if keys chose them. */
function toText(marking) {
  document.activeElement?.blur();
  showMarks(marking);
}

function pressInText(marking, event) {
  const name = nameOf(event);
  if (name === "m" && !event.repeat) return putCursor(marking, sideForCursor(marking));
  if (name === "n" && !event.repeat) return sayNoneOrGoOn(marking);
  if (!marking.cursor) return false;
  if (Object.hasOwn(STEPS, event.key)) return move(marking, STEPS[event.key], event.shiftKey);
  if (event.key === "Enter") return choose(marking);
  if (event.key === "Escape") {
    Object.assign(marking, { cursor: null, chosen: null });
    showMarks(marking);
    return true;
  }
  return false;
}

/** The other side than the cursor's; at first the one that a mark is asked of, else the left one. */
function sideForCursor({ cursor, rating }) {
  if (cursor) return cursor.side === "left" ? "right" : "left";
  return lackingSides(rating.page)[0] ?? "left";
}

function putCursor(marking, side) {
  const words = wordsOf(boxOf(side));
  if (!words.length) return true;
  marking.chosen = null;
  document.activeElement?.blur();
  marking.panel.open = true;
  marking.cursor = { side, from: 0, to: 0 };
  return showCursor(marking, words);
}

function move(marking, by, extend) {
  const { cursor } = marking;
  const words = wordsOf(boxOf(cursor.side));
  cursor.to = Math.min(Math.max(cursor.to + by, 0), words.length - 1);
  if (!extend) cursor.from = cursor.to;
  return showCursor(marking, words);
}

function showCursor(marking, words) {
  const { cursor } = marking;
  marking.chosen = null;
  cursor.start = words[Math.min(cursor.from, cursor.to)][0];
  cursor.end = words[Math.max(cursor.from, cursor.to)][1];
  const text = textOf(boxOf(cursor.side), cursor.start, cursor.end);
  showMarks(marking);
  boxOf(cursor.side).querySelector("mark.chosen")?.scrollIntoView({ block: "nearest" });
  say(marking, gettext("{side} {words}", { side: sideName(cursor.side), words: text }));
  return true;
}

function choose(marking) {
  const { side, start, end } = marking.cursor;
  marking.chosen = { side, start, end };
  showMarks(marking);
  const first = marking.panel.querySelector("[data-mark-kind]");
  first.focus({ preventScroll: true });
  first.closest("form").scrollIntoView({ block: "nearest" });
  return true;
}
