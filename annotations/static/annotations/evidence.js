// Evidence: a summary's sentence that is clicked or has the focus gets the turns marked that may support it. The server
// sends the numbers for both summaries or for none; docs/evidence.md tells how they are found.

import { nameOf } from "./layouts.js";
import { gettext, ngettext } from "./texts.js";

// A desk, as in rate.css: the transcript stands beside the summaries. Elsewhere the turns are quoted below them.
const DESK = matchMedia("(min-width: 62rem) and (min-height: 34rem)");
const NEXT = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

const $ = (selector, within = document) => within.querySelector(selector);
let chosen = null; // the sentence whose turns are marked
let turns = []; // their numbers in the order of the meeting
let current = 0; // index of the turn jumped to last
let prepared = null; // the pair whose sentences work
let quiet = false; // a focus of our own making marks nothing

/** Make the sentences of the shown pair work, one stop of the Tab key a summary; forget the pair before. */
function prepare() {
  // The page announces the pair it starts with as well, when somebody may be reading its evidence already.
  if (prepared === $("[data-pair]")) return;
  prepared = $("[data-pair]");
  clear();
  const hint = $("[data-evidence-hint]");
  if (hint) hint.hidden = false;
  for (const text of document.querySelectorAll(".summary-text")) {
    sentencesOf(text).forEach((sentence, index) => {
      sentence.setAttribute("role", "button");
      sentence.setAttribute("aria-pressed", "false");
      sentence.tabIndex = index ? -1 : 0;
    });
  }
  const focused = document.activeElement?.closest("[data-support]:focus-visible"); // before this script had started
  if (focused) choose(focused);
}

const sentencesOf = (text) => [...text.querySelectorAll("[data-support]")];
// A sentence that runs through the cells of a table's row has a part in each.
const partsOf = (sentence) =>
  sentencesOf(sentence.closest(".summary-text")).filter(
    (other) => other === sentence || (other.dataset.sentence && other.dataset.sentence === sentence.dataset.sentence),
  );
const turnElement = (number) => $("[data-turns]").children[number - 1];

// ---- marking

function choose(sentence) {
  clear();
  chosen = sentence;
  for (const part of partsOf(sentence)) part.setAttribute("aria-pressed", "true");
  for (const other of sentencesOf(sentence.closest(".summary-text"))) other.tabIndex = other === sentence ? 0 : -1;
  const ranked = sentence.dataset.support.split(" ").filter(Boolean).map(Number);
  turns = [...ranked].sort((a, b) => a - b);
  for (const number of turns) turnElement(number).classList.add("may-support");
  tell();
  if (turns.length) show(turns.indexOf(ranked[0]), { unfold: DESK.matches });
  // The panel has just appeared below, on a phone over the text.
  sentence.scrollIntoView({ block: "nearest" });
}

function clear() {
  if (chosen) for (const part of partsOf(chosen)) part.setAttribute("aria-pressed", "false");
  chosen = null;
  turns = [];
  for (const turn of document.querySelectorAll(".may-support")) turn.classList.remove("may-support", "current");
  const panel = $("[data-evidence]");
  if (!panel) return;
  panel.hidden = true;
  $("[data-evidence-said]").textContent = "";
}

function tell() {
  const found = turns.length
    ? ngettext("{n} turn may support this sentence:", "{n} turns may support this sentence:", { n: turns.length })
    : gettext("No support found in the transcript: check it yourself.");
  $("[data-evidence-said]").textContent = [found, turns.join(", ")].join(" ").trim();
  $("[data-evidence-found]").textContent = found;
  $("[data-evidence-turns]").replaceChildren(...turns.map((number) => quote(number)));
  $("[data-evidence]").hidden = false;
}

/** A button that leads to the turn, and, where the transcript is out of sight, what the turn says. */
function quote(number) {
  const turn = turnElement(number);
  const button = document.createElement("button");
  button.type = "button";
  button.className = "quiet";
  button.dataset.evidenceTurn = number;
  button.setAttribute("aria-label", gettext("Go to turn {number}", { number }));
  button.textContent = number;
  const text = document.createElement("p");
  const speaker = document.createElement("strong");
  speaker.textContent = $(".turn-speaker", turn)?.textContent ?? "";
  text.append(speaker, speaker.textContent && " ", $("p", turn).textContent);
  const item = document.createElement("li");
  item.append(button, text);
  return item;
}

/** Bring one of the marked turns into view; the others stay marked. */
function show(index, { unfold }) {
  turnElement(turns[current])?.classList.remove("current");
  current = index;
  const turn = turnElement(turns[index]);
  turn.classList.add("current");
  document.dispatchEvent(new CustomEvent("transcript-reveal", { detail: { turn, unfold } }));
  for (const button of document.querySelectorAll("[data-evidence-turn]")) {
    button.toggleAttribute("aria-current", Number(button.dataset.evidenceTurn) === turns[index]);
  }
}

/** Go where the person asked to go: the turn takes the focus, so that a screen reader reads it. */
function goTo(index) {
  show(index, { unfold: true });
  const turn = turnElement(turns[index]);
  turn.tabIndex = -1;
  turn.focus({ preventScroll: DESK.matches });
}

/** Clear the marks; a person who went to them is brought back to the sentence they came from. */
function leave() {
  const sentence = chosen;
  const away = document.activeElement?.closest(".may-support, [data-evidence]");
  clear();
  if (!away) return;
  quiet = true;
  sentence.focus({ preventScroll: true });
  quiet = false;
}

// ---- mouse, finger, keys

document.addEventListener("focusin", (event) => {
  // A press of the mouse gives the focus too, but counts when it ends: the text may move meanwhile.
  if (!quiet && event.target.matches("[data-support]:focus-visible")) choose(event.target);
});

document.addEventListener("click", (event) => {
  const sentence = event.target.closest("[data-support]");
  const button = event.target.closest("[data-evidence-turn]");
  if (sentence && sentence !== chosen) choose(sentence);
  if (button) goTo(turns.indexOf(Number(button.dataset.evidenceTurn)));
  if (event.target.closest("[data-evidence-clear]")) leave();
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if ($("dialog[open]") || event.target.closest("input, textarea, select, [contenteditable]")) return;
  const sentence = event.target.closest("[data-support]");
  if (sentence && event.key in NEXT) step(sentence, NEXT[event.key]);
  else if (sentence && ["Enter", " "].includes(event.key)) choose(sentence);
  else if (nameOf(event) === "e" && turns.length) show((current + 1) % turns.length, { unfold: true });
  else if (event.key === "Escape" && chosen) leave();
  else return;
  event.preventDefault();
});

function step(sentence, by) {
  const all = sentencesOf(sentence.closest(".summary-text"));
  all[all.indexOf(sentence) + by]?.focus();
}

prepare();
document.addEventListener("pair-shown", prepare);
