// The marks on the pair shown: made, taken back, shown in the texts and in a list. They go out as answers do: at once, kept in
// the browser until they are saved.

import { isGuarded } from "../../annotations/rate/next.js";
import { newKey } from "../../annotations/rate/requests.js";
import { enqueue } from "../../annotations/rate/sending.js";
import { gettext, ngettext } from "../../annotations/texts.js";
import { paint } from "./paint.js";
import { showRequired, startRequired, stayOnPair } from "./required.js";
import { boxOf, inked, placesOf, showAbove, textOf } from "./words.js";

const $ = (marking, selector) => marking.panel.querySelector(selector);

/** A pair is shown: its marks stand there, those that are not sent yet too. */
export function startMarks(marking) {
  const { panel, rating } = marking;
  marking.marks = JSON.parse(panel.dataset.marks);
  for (const item of rating.outbox.items.filter(({ token }) => token === rating.page.token)) {
    if (item.error_kind) marking.marks.push(asMark(marking, item));
    if (item.mark) drop(marking, item.mark);
  }
  panel.hidden = false;
  startRequired(marking);
  showMarks(marking);
}

function asMark({ panel }, { client_key: key, side, error_kind: kind, severity, start, end }) {
  const about = panel.querySelector(`[data-mark-kind="${CSS.escape(kind)}"] [data-label], [data-whole="${CSS.escape(kind)}"]`);
  const label = about?.dataset.label || about?.textContent || kind;
  const text = start === undefined ? undefined : textOf(boxOf(side), start, end);
  return { key, side, kind, label, severity, start, end, text };
}

function drop(marking, key) {
  marking.marks = marking.marks.filter((mark) => mark.key !== key);
}

/** The words that are chosen get this kind. */
export function addMark(marking, button) {
  const { rating, chosen } = marking;
  if (!chosen || isGuarded(rating)) return;
  const { side, start, end } = chosen;
  const text = placesOf(boxOf(side)).slice(start, end).map(({ character }) => character).join("");
  const severity = $(marking, "[data-mark-major]").checked ? "major" : "minor";
  add(marking, { side, start, end, text, error_kind: button.dataset.markKind, severity });
  marking.chosen = null;
  $(marking, "[data-mark-major]").checked = false;
  getSelection().removeAllRanges();
  showMarks(marking);
}

/** Something is missing from the whole of a summary, or is not. */
export function addWhole(marking, select) {
  const { whole: kind, side } = select.dataset;
  const severity = select.value; // showing the marks that stand sets it back
  const stands = marking.marks.find((mark) => mark.kind === kind && mark.side === side && mark.start === undefined);
  if (stands) takeBack(marking, stands.key);
  if (severity) add(marking, { side, error_kind: kind, severity });
  showMarks(marking);
}

function add(marking, fields) {
  const item = { client_key: newKey(), token: marking.rating.page.token, ...fields };
  marking.marks.push(asMark(marking, item));
  stayOnPair(marking);
  enqueue(marking.rating, $(marking, "[data-mark-form]"), item);
  say(marking, gettext("Marked."));
}

export function takeBack(marking, key) {
  drop(marking, key);
  enqueue(marking.rating, $(marking, "[data-mark-take-back]"), { token: marking.rating.page.token, mark: key });
  showMarks(marking);
  say(marking, gettext("Taken back."));
}

export function readForErrors(marking) {
  const form = $(marking, "[data-mark-read]");
  if (form.firstElementChild.getAttribute("aria-pressed") === "true" || isGuarded(marking.rating)) return;
  form.firstElementChild.setAttribute("aria-pressed", "true");
  enqueue(marking.rating, form, { token: marking.rating.page.token });
}

/** The server took something not: what was refused stands no more, and the page says why. */
export function forgetRefused(marking, item) {
  if (item.token !== marking.rating.page.token) return;
  if (item.error_kind) drop(marking, item.client_key);
  if (item.url === $(marking, "[data-no-error]")?.action) marking.noneFound.clear();
  if (item.url === $(marking, "[data-mark-read]").action) {
    $(marking, "[data-mark-read] button").setAttribute("aria-pressed", "false");
  }
  showMarks(marking);
}

/** An answer was given: where marks are required the panel may ask for one, in sight of who answered. */
export function askForMore(marking) {
  const needed = $(marking, "[data-marks-needed]");
  showRequired(marking);
  if (!needed || needed.hidden) return;
  needed.scrollIntoView({ block: "nearest" });
  say(marking, $(marking, "[data-marks-needed-text]").textContent);
}

export function say(marking, text) {
  $(marking, "[data-mark-said]").textContent = text;
}

/** Bring the panel and, unless told otherwise, the texts up to date. */
export function showMarks(marking, options = {}) {
  const { panel, marks, chosen } = marking;
  if (options.paint !== false) paint(stretches(marking));
  $(marking, "[data-mark-form]").hidden = !chosen;
  panel.toggleAttribute("data-choosing", Boolean(chosen));
  if (chosen) {
    panel.open = true;
    $(marking, "[data-chosen-side]").textContent = sideName(chosen.side);
    $(marking, "[data-chosen-words]").textContent = textOf(boxOf(chosen.side), chosen.start, chosen.end);
    showAbove(panel, boxOf(chosen.side), chosen.start, chosen.end);
  }
  for (const select of panel.querySelectorAll("[data-whole]")) {
    const { whole, side } = select.dataset;
    select.value = marks.find((mark) => mark.kind === whole && mark.side === side && mark.start === undefined)?.severity ?? "";
  }
  $(marking, "[data-mark-list]").replaceChildren(...marks.map((mark) => listed(mark)));
  const n = marks.length;
  $(marking, "[data-mark-count]").textContent = n ? ngettext("{n} mark", "{n} marks", { n }) : "";
  showRequired(marking);
}

function stretches({ marks, chosen, cursor }) {
  const made = marks
    .filter(({ start }) => start !== undefined)
    .map(({ side, start, end, severity }) => ({ side, start, end, className: `error ${severity}` }));
  const now = chosen ?? cursor;
  return now ? [...made, { ...now, className: "chosen" }] : made;
}

export const sideName = (side) => (side === "left" ? gettext("Left:") : gettext("Right:"));

function listed(mark) {
  const item = document.createElement("li");
  const said = document.createElement("span");
  const severity = mark.severity === "major" ? gettext("major") : gettext("minor");
  said.textContent = gettext("{side} {kind}, {severity}", { side: sideName(mark.side), kind: mark.label, severity });
  item.append(said);
  if (mark.text) {
    const words = document.createElement("q");
    words.lang = boxOf(mark.side).lang;
    words.textContent = shortened(mark.text);
    item.append(words);
  }
  const button = document.createElement("button");
  button.type = "button";
  button.className = "quiet";
  button.dataset.takeBack = mark.key;
  button.textContent = gettext("Take back");
  button.setAttribute("aria-label", gettext("Take back: {mark}", { mark: `${said.textContent} ${mark.text ?? ""}`.trim() }));
  item.append(button);
  return item;
}

function shortened(text) {
  const characters = [...text];
  return inked(text).length > 60 ? `${characters.slice(0, 60).join("")}…` : text;
}
