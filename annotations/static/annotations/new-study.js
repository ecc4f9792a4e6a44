// Shows the form of a new study step by step, and keeps what was typed until the study is made.

const KEY = "new-study";
const page = document.querySelector("[data-new-study]");
// What is known about the page is on `page`: form.dataset is the field of this name.
const form = page.querySelector("form");
const live = document.querySelector("[data-live]");
const sections = [...form.querySelectorAll("[data-step]")];
const links = [...document.querySelectorAll("[data-step-link]")];
const steps = sections.map((section) => section.dataset.step);
// The step of an address without a hash.
let first = steps[0];
let sent = false;
let suggested = "";

function show(step, { focus = false } = {}) {
  for (const section of sections) section.hidden = section.dataset.step !== step;
  for (const link of links) {
    if (link.dataset.stepLink === step) link.setAttribute("aria-current", "step");
    else link.removeAttribute("aria-current");
  }
  if (focus) form.querySelector(`[data-step="${step}"] h2`).focus();
}

function stepOfPage() {
  const step = location.hash.slice(1);
  return steps.includes(step) ? step : first;
}

function firstWithErrors() {
  return sections.find((section) => section.querySelector(".errorlist, .problems .error"));
}

// ---- the fields that were left or passed, whose errors may be told

const NOT_TYPED = new Set(["csrfmiddlewaretoken", "form_key", "left", "listed"]);
const left = new Set();

function leave(names) {
  const before = left.size;
  for (const name of names) if (name && !NOT_TYPED.has(name)) left.add(name);
  if (left.size === before) return;
  form.elements.left.value = [...left].join(" ");
  lookAgain();
}

function namesIn(section) {
  return [...section.querySelectorAll("[name]")].map((field) => field.name);
}

// ---- what was typed, until the study is made

function filledIn() {
  return [...new FormData(form)].filter(([name, value]) => !NOT_TYPED.has(name) && typeof value === "string");
}

function keep() {
  if (!sent) sessionStorage.setItem(KEY, JSON.stringify({ values: filledIn(), suggested, key: form.elements.form_key.value }));
}

function bringBack() {
  const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
  if (kept === null) return;
  suggested = kept.suggested;
  // What was typed makes one study, also from a copy of this tab.
  if (kept.key) form.elements.form_key.value = kept.key;
  const values = new Map();
  for (const [name, value] of kept.values) values.set(name, [...(values.get(name) ?? []), value]);
  for (const field of form.elements) {
    if (!field.name || field.type === "submit" || field.type === "hidden") continue;
    const given = values.get(field.name) ?? [];
    if (field.type === "checkbox") field.checked = given.includes(field.value);
    else if (given.length) field.value = given[0];
  }
}

// ---- the name in addresses, made from the title until somebody writes another

function suggest() {
  const slug = live.querySelector("[data-slug]")?.dataset.slug ?? "";
  const field = form.elements.slug;
  if (slug && (field.value === "" || field.value === suggested)) field.value = slug;
  suggested = slug;
  keep();
}

// ---- the two in question and the anchor are among the systems that are ticked

const OF_TICKED = ["small_system", "large_system", "anchor"];

function offerTicked() {
  const ticked = new Set([...form.querySelectorAll("[name=systems]:checked")].map((box) => box.value));
  for (const name of OF_TICKED) {
    for (const option of form.elements[name].options) {
      // What is chosen stays, with the fault beside it: a list must not change by itself what somebody chose.
      const isOffered = option.value === "" || option.selected || ticked.has(option.value);
      option.hidden = !isOffered;
      option.disabled = !isOffered; // Safari shows hidden ones
    }
  }
}

// ---- the system that is looked for, also among those that are folded

const search = form.querySelector("[data-system-search]");

function find() {
  const wanted = search.value.trim().toLowerCase();
  for (const item of form.querySelectorAll("#system-list li")) {
    item.hidden = !item.querySelector(".slug").textContent.toLowerCase().includes(wanted);
  }
  for (const group of form.querySelectorAll("#system-list .of-class")) {
    group.hidden = !group.querySelector("li:not([hidden])");
  }
  const more = form.querySelector("#system-list .more-systems");
  if (more && wanted) more.open = Boolean(more.querySelector("li:not([hidden])"));
}

if (search) {
  search.hidden = false;
  search.addEventListener("input", (event) => {
    event.stopPropagation(); // it is no part of the study
    find();
  });
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
}

// ---- what the study would be, once typing pauses

const PAUSE_MS = 400;
let timer;
let asked = 0;
live.ariaBusy = "true";

function lookAgain() {
  live.ariaBusy = "true";
  clearTimeout(timer);
  timer = setTimeout(() => {
    timer = undefined;
    live.dispatchEvent(new CustomEvent("draft-changed"));
  }, PAUSE_MS);
}

form.addEventListener("submit", (event) => {
  const next = event.submitter?.dataset.next;
  if (next) {
    event.preventDefault();
    location.hash = next;
    return;
  }
  sent = true;
  sessionStorage.removeItem(KEY);
});
form.addEventListener("input", () => {
  offerTicked();
  keep();
  lookAgain();
});
form.addEventListener("focusout", (event) => leave([event.target.name]));
live.addEventListener("htmx:beforeRequest", () => {
  asked += 1;
});
live.addEventListener("htmx:afterRequest", () => {
  asked -= 1;
});
live.addEventListener("htmx:afterSettle", () => {
  if (search?.value) find();
  suggest();
  live.ariaBusy = String(timer !== undefined || asked > 0);
});
// The systems of another dataset come as they were ticked when they were asked for; more may be ticked since then.
document.addEventListener("htmx:oobAfterSwap", (event) => {
  if (event.target.id !== "system-list") return;
  bringBack();
  offerTicked();
});
addEventListener("hashchange", () => {
  const before = sections.findIndex((section) => !section.hidden);
  if (steps.indexOf(stepOfPage()) > before) leave(namesIn(sections[before]));
  show(stepOfPage(), { focus: true });
});
addEventListener("pageshow", () => {
  sent = false;
});

const bound = "bound" in page.dataset;
if (bound) {
  keep();
  // It was sent: what was wrong then stays marked.
  for (const section of sections) if (section.querySelector(".errorlist")) leave(namesIn(section));
} else {
  bringBack();
}
offerTicked();
const wrong = bound ? firstWithErrors() : undefined;
// Not by a hash in the address: the browser would take the focus away from the heading when it goes there.
if (wrong) first = wrong.dataset.step;
show(stepOfPage(), { focus: Boolean(wrong) });
