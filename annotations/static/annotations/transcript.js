// The transcript: search with marked hits, jumping between them, and folding away. Works on whatever pair is shown.

import { gettext } from "./texts.js";

const $ = (selector, within = document) => within.querySelector(selector);
let current = -1; // index of the hit jumped to last

prepare();
document.addEventListener("pair-shown", prepare);

/** Show the tools that need this script. A transcript kept from the pair before keeps its search. */
function prepare() {
  const toggle = $("[data-transcript-toggle]");
  if (!toggle.hidden) return;
  toggle.hidden = false;
  $("[data-search-bar]").hidden = false;
  current = -1;
  // On a phone the summaries would be screens away.
  if (matchMedia("(max-width: 40rem)").matches) fold(true);
}

function fold(closed) {
  const toggle = $("[data-transcript-toggle]");
  toggle.setAttribute("aria-expanded", String(!closed));
  toggle.textContent = closed ? gettext("Show") : gettext("Hide");
  $("#transcript-body").hidden = closed;
  $("[data-pair]").classList.toggle("transcript-closed", closed);
}

document.addEventListener("click", (event) => {
  const toggle = event.target.closest("[data-transcript-toggle]");
  const step = event.target.closest("[data-hit-step]");
  if (toggle) fold(toggle.getAttribute("aria-expanded") === "true");
  if (step) jump(Number(step.dataset.hitStep));
});

document.addEventListener("input", (event) => {
  if (event.target.matches("[data-search], [data-only-hits]")) search();
});

document.addEventListener("keydown", (event) => {
  if (!event.target.matches("[data-search]") || event.isComposing) return;
  if (event.key === "Enter") {
    event.preventDefault();
    jump(event.shiftKey ? -1 : 1);
  }
  if (event.key === "Escape") {
    event.preventDefault();
    event.target.value = "";
    search();
    $("[data-turns]").focus();
  }
});

// Sent by the keys of rate.js.
document.addEventListener("transcript-focus", (event) => {
  fold(false);
  const target = $(event.detail === "search" ? "[data-search]" : "[data-turns]");
  target.focus();
  target.scrollIntoView({ block: "nearest" });
});

// Sent by evidence.js: a turn comes into view; unfold: also where the transcript is folded away.
document.addEventListener("transcript-reveal", (event) => {
  if (event.detail.unfold) fold(false);
  bringIntoView(event.detail.turn);
});

function search() {
  const words = $("[data-search]").value.trim();
  const pattern = words && new RegExp(words.replaceAll(/[\\^$.*+?()[\]{}|/]/gu, String.raw`\$&`), "giu");
  const turns = $("[data-turns]");
  for (const turn of turns.children) {
    const hit = mark($("p", turn), pattern);
    turn.classList.toggle("has-hit", hit);
  }
  turns.classList.toggle("only-hits", Boolean(words) && $("[data-only-hits]").checked);
  current = -1;
  const n = hits().length;
  if (n) jump(1);
  else $("[data-hits]").textContent = words && gettext("No hit");
}

/** Wrap every match of the pattern in the paragraph in <mark>; true if there is one. */
function mark(paragraph, pattern) {
  const text = paragraph.textContent;
  const parts = [];
  let end = 0;
  for (const match of pattern ? text.matchAll(pattern) : []) {
    const hit = document.createElement("mark");
    hit.textContent = match[0];
    parts.push(text.slice(end, match.index), hit);
    end = match.index + match[0].length;
  }
  if (parts.length || paragraph.children.length) paragraph.replaceChildren(...parts, text.slice(end));
  return parts.length > 0;
}

function hits() {
  return [...document.querySelectorAll("[data-turns] mark")];
}

function jump(step) {
  const all = hits();
  if (!all.length) return;
  all[current]?.classList.remove("current");
  current = (current + step + all.length) % all.length;
  if (current < 0) current = all.length - 1;
  all[current].classList.add("current");
  bringIntoView(all[current]);
  $("[data-hits]").textContent = gettext("{n} of {total}", { n: current + 1, total: all.length });
}

/** Scrolls the transcript alone: the summaries stay where they are. */
function bringIntoView(element) {
  const box = $("[data-turns]");
  const offset = element.getBoundingClientRect().top - box.getBoundingClientRect().top;
  box.scrollTop += offset - box.clientHeight / 3;
}
