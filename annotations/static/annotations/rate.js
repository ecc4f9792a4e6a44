// The rating page: an answer is saved the moment it is given, and the next pair is there already.
// Without this script the same buttons submit ordinary forms. docs/rating.md tells annotators what happens.

import { activeMs, breakIsDue, holdPlaces, restart } from "./activity.js";
import { Drafts, Outbox, Pace, fetchPair, newKey, post } from "./outbox.js";
import { gettext } from "./texts.js";

const GUARD_MS = 250; // after a pair appears: a second press meant for the one before must not rate it
const PREFETCH_AFTER_MS = 1_000;
const RETRY_MS = [1_000, 2_000, 4_000, 8_000, 15_000, 30_000];
const DAY_MS = 24 * 60 * 60 * 1000;
const FOR_NOW = ["not_joined", "study_not_open"]; // refusals of what can be sent again later

const root = document.querySelector("[data-rating]");
const rateUrl = root.dataset.rateUrl;
const status = document.querySelector("[data-status]");
const refusal = document.querySelector("[data-refusal]");
const help = document.querySelector("[data-help]");
const breakReminder = document.querySelector("[data-break]");
const outbox = new Outbox(rateUrl);
const drafts = new Drafts(rateUrl);
const pace = new Pace(rateUrl);

let swapping = false;
let draining = false;
let shownAt = 0;
let wholePair = true; // false after a reload in the middle of a pair: its time says nothing about the pace
let ahead = null; // the next pair, fetched while this one is rated
let retryNow = () => {};
let unseen = document.hidden; // opened in a background tab
let reloading = false; // as the page itself offered
let undoKey = null; // of an undo that may have reached the server

// ---- what is shown

const pair = () => root.querySelector("[data-pair]");
const questions = () => [...root.querySelectorAll("[data-question]")];
const open = () => questions().filter((question) => !question.dataset.answer);
const commentForm = () => root.querySelector("[data-comment]");
const guarded = () => swapping || performance.now() - shownAt < GUARD_MS;
const csrfToken = () => questions()[0].elements.csrfmiddlewaretoken.value;

function say(text, state) {
  status.textContent = text;
  status.dataset.state = state;
}

function refuse(text, label, act) {
  refusal.querySelector("p").textContent = text;
  const button = refusal.querySelector("button");
  button.textContent = label;
  button.onclick = act;
  refusal.hidden = false;
}

function reload() {
  reloading = true;
  location.assign(rateUrl);
}

/** The question that keys answer: the one with the focus, else the first open one. */
function currentQuestion() {
  return document.activeElement?.closest("[data-question]") ?? open()[0];
}

function showAnswer(question, choice) {
  question.dataset.answer = choice;
  const [plain, howMuch = ""] = choice.split("-");
  for (const button of question.querySelectorAll("[name=choice]")) {
    button.setAttribute("aria-pressed", String([choice, plain].includes(button.value)));
  }
  for (const radio of howMuchOf(question)) radio.checked = radio.value === howMuch;
}

/** Where saying how much better is optional: the radio buttons of a question. */
const howMuchOf = (question) => [...question.querySelectorAll("[name=how_much]")];

/** A button's choice with how much better, if that was said and the choice is a side. */
function withHowMuch(question, choice) {
  const said = howMuchOf(question).find((radio) => radio.checked)?.value;
  return said && ["left", "right"].includes(choice) ? `${choice}-${said}` : choice;
}

function markCurrent() {
  const marked = currentQuestion();
  for (const question of questions()) question.classList.toggle("current", question === marked);
  commentForm()?.classList.toggle("current", !marked && pair().dataset.comments === "required");
}

function started() {
  shownAt = performance.now();
  restart();
  const { done, total, token, more } = pair().dataset;
  root.querySelector("[data-estimate]").textContent = more === undefined ? pace.left(total - done) : "";
  if (commentForm() && drafts.of(token)) commentForm().elements.text.value = drafts.of(token);
  markCurrent();
  document.dispatchEvent(new CustomEvent("pair-shown"));
  setTimeout(fetchAhead, PREFETCH_AFTER_MS, token);
}

// ---- saying something: what is said goes to the outbox first

function enqueue(form, fields) {
  refusal.hidden = true;
  undoKey = null;
  outbox.add({ url: form.action, client_key: newKey(), ...fields });
  drain();
}

function answer(question, choice) {
  if (guarded() || question.dataset.answer === choice) return;
  showAnswer(question, choice);
  saveComment();
  enqueue(question, {
    token: pair().dataset.token,
    criterion: question.dataset.question,
    choice,
    lead_time_ms: Math.min(Math.round(performance.now() - shownAt), DAY_MS),
    active_ms: Math.min(activeMs(), DAY_MS),
  });
  const next = open()[0];
  if (next) focusOn(next.querySelector("fieldset"), next);
  else if (lacksComment()) askForComment();
  markCurrent();
}

function focusOn(element, within = element) {
  element.focus({ preventScroll: true });
  within.scrollIntoView({ block: "nearest" });
}

/** Whether a comment is all that the pair lacks. */
function lacksComment() {
  return !open().length && pair().dataset.comments === "required" && !commentForm().elements.text.value.trim();
}

function askForComment() {
  say(gettext("Add a comment to go on."), "busy");
  focusOn(commentForm().elements.text, commentForm());
}

/** Send the comment if it was changed since it was saved. */
function saveComment() {
  const form = commentForm();
  const text = form?.elements.text;
  if (!form || text.value === text.defaultValue) return;
  text.defaultValue = text.value;
  enqueue(form, { token: pair().dataset.token, kind: "comment", text: text.value });
}

function report(form, kind) {
  if (!form.reportValidity()) return;
  form.closest("details").open = false;
  enqueue(form, {
    token: pair().dataset.token,
    kind,
    reason: form.elements.reason.value,
    text: form.elements.text.value,
  });
  form.reset();
  saveComment();
}

async function undo(form) {
  if (guarded() || outbox.items.length) return;
  say(gettext("Taking your last answer back…"), "busy");
  swapping = true;
  // Without a reply nobody knows whether it is done: tried again it is the same undo, and takes no second answer back.
  undoKey ??= newKey();
  const reply = await post(form.action, { client_key: undoKey }, csrfToken());
  swapping = false;
  if (!reply.fault) undoKey = null;
  const fault = reply.stale ? gettext("the page is out of date") : reply.fault;
  if (fault) say(gettext("Not taken back: {fault}.", { fault }), "fault");
  else if (reply.error) refuse(reply.error.message, gettext("Reload the page"), reload);
  else await nextPair({ rated: false, text: gettext("Your last answer is taken back.") });
}

// ---- sending

/** Send what is unsaved, one after the other, for as long as it takes. */
async function drain() {
  if (draining) return;
  draining = true;
  let faults = 0;
  let complete = false;
  let skipped = false;
  let practised = false;
  while (outbox.items.length) {
    const sent = outbox.items[0];
    if (!faults) say(gettext("Saving…"), "busy");
    const { url = questions()[0].action, ...fields } = sent;
    const reply = await post(url, fields, csrfToken());
    if (reply.stale || FOR_NOW.includes(reply.error?.code)) {
      say(gettext("Not saved yet."), "fault");
      const stale = gettext("This page is out of date. Reload it: your answer is kept and sent then.");
      const later = gettext("{reason} Your answer is kept here and sent once it can be.", { reason: reply.error?.message });
      refuse(reply.stale ? stale : later, gettext("Reload the page"), reload);
      draining = false;
      return;
    }
    if (reply.fault) {
      say(gettext("Not saved yet: {fault}. Trying again…", { fault: reply.fault }), "fault");
      await pause(RETRY_MS[Math.min(faults++, RETRY_MS.length - 1)]);
      continue;
    }
    faults = 0;
    outbox.remove(sent.client_key);
    const shown = sent.token === pair().dataset.token;
    if (reply.error) refused(sent, reply.error, shown);
    else saved(sent);
    complete ||= shown && Boolean(reply.complete);
    skipped ||= shown && sent.kind === "skip";
    practised ||= complete && sent.kind !== "skip" && "practice" in pair().dataset;
    if (complete && !outbox.items.length) saveComment(); // what was written while the answer was on its way
  }
  draining = false;
  if (practised) location.assign(pair().dataset.practice); // a page of its own says how it went
  // The pair fetched ahead counts the one shown as rated.
  else if (complete) await nextPair({ rated: !skipped, text: gettext("Saved") });
}

function saved(sent) {
  const answered = lacksComment() ? gettext("Saved. Add a comment to go on.") : gettext("Saved");
  say(sent.kind === "problem" ? gettext("Reported. Thank you.") : answered, "saved");
  // Not what was written since.
  if (sent.kind === "comment" && drafts.of(sent.token) === sent.text) drafts.keep(sent.token, "");
}

function pause(ms) {
  return new Promise((resolve) => {
    retryNow = resolve;
    setTimeout(resolve, ms);
  });
}

addEventListener("online", () => retryNow());

function refused(sent, error, shown) {
  say(gettext("Not saved"), "fault");
  if (shown && sent.criterion) {
    const question = questions().find((one) => one.dataset.question === sent.criterion);
    if (question) showAnswer(question, "");
    markCurrent();
  }
  const goOn = ["lease_lost", "unknown_assignment"].includes(error.code);
  const text = shown ? error.message : gettext("An earlier answer was not saved. {reason}", { reason: error.message });
  refuse(text, goOn ? gettext("Go on with the next pair") : gettext("Reload the page"), reload);
}

// ---- the next pair

async function fetchAhead(token) {
  if (pair().dataset.token !== token || ahead || document.hidden) return;
  const fresh = await fetchPair(`${root.dataset.nextUrl}?after=${encodeURIComponent(token)}`);
  // One that comes while the next pair is on its way would be shown after it.
  if (fresh && !swapping && pair().dataset.token === token) ahead = fresh;
}

async function nextPair({ rated, text }) {
  swapping = true;
  pair().inert = true;
  if (rated && wholePair) pace.add(performance.now() - shownAt);
  let fresh = rated && ahead ? ahead : undefined;
  ahead = null;
  for (let faults = 0; fresh === undefined; ) {
    fresh = await fetchPair(rateUrl);
    if (fresh === undefined) {
      say(gettext("Saved. The next pair did not come: no connection. Trying again…"), "fault");
      await pause(RETRY_MS[Math.min(faults++, RETRY_MS.length - 1)]);
    }
  }
  if (fresh === null || fresh.lang !== pair().lang) {
    reload(); // no pair: the whole page says why; another language was chosen in another tab
    return;
  }
  swap(fresh, rated);
  say(text, "saved");
  if (breakReminder && breakIsDue(Number(root.dataset.breakMinutes))) breakReminder.showModal();
}

function swap(fresh, rated) {
  const old = pair();
  const kept = old.querySelector("[data-transcript]");
  const place = kept.querySelector("[data-turns]").scrollTop;
  document.adoptNode(fresh);
  if (sameTranscript(old, fresh)) {
    // The same meeting again: the reader's place and search stay.
    fresh.querySelector("[data-transcript]").replaceWith(kept);
    fresh.classList.toggle("transcript-closed", old.classList.contains("transcript-closed"));
  }
  old.replaceWith(fresh);
  if (fresh.contains(kept)) kept.querySelector("[data-turns]").scrollTop = place;
  wholePair = rated;
  swapping = false;
  started();
  fresh.querySelector("[data-heading]").focus({ preventScroll: true });
  scrollTo(0, 0);
  fresh.querySelector(".summaries").scrollTop = 0;
}

function sameTranscript(one, other) {
  const text = (within) =>
    [...within.querySelectorAll("[data-turns] > li")].map((turn) => turn.textContent).join("\n");
  return text(one) === text(other);
}

// ---- mouse, finger, keys

root.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target;
  if (event.submitter?.name === "choice") answer(form, withHowMuch(form, event.submitter.value));
  else if (form.matches("[data-undo]")) undo(form);
  else if (form.matches("[data-remark]")) report(form, event.submitter.value);
  else if (form.matches("[data-comment]")) saveComment();
});

let clicksBeganAt = 0;

document.addEventListener("click", (event) => {
  // The second half of a slow double click that began on the pair before would hit this one.
  if (event.detail === 1) clicksBeganAt = performance.now();
  const late = event.detail > 1 && clicksBeganAt < shownAt;
  if (late && event.target.closest("[name=choice], [data-undo] button")) event.preventDefault();
});

root.addEventListener("focusin", markCurrent);

root.addEventListener("change", (event) => {
  if (event.target.name === "how_much") sayHowMuch(event.target.form);
});

/** Before left or right is chosen it goes with the answer; after, it changes the answer. */
function sayHowMuch(question) {
  const plain = question.dataset.answer.split("-")[0];
  if (["left", "right"].includes(plain)) answer(question, withHowMuch(question, plain));
}

root.addEventListener("input", (event) => {
  if (event.target.closest("[data-comment]")) drafts.keep(pair().dataset.token, event.target.value);
});

const KEYS = {
  "?": () => help.showModal(),
  t: () => toTranscript("turns"),
  "/": () => toTranscript("search"),
  u: () => root.querySelector("[data-undo]:not([hidden])")?.requestSubmit(),
  s: openReport,
  c: () => commentForm()?.elements.text.focus(),
  Escape: closeMenus,
};

document.addEventListener("keydown", (event) => {
  if (event.repeat || event.altKey || event.isComposing || document.querySelector("dialog[open]")) return;
  const field = event.target.closest("input:not([name=how_much]), textarea, select, [contenteditable]");
  if (field) keyInField(event, field);
  else if (event.ctrlKey || event.metaKey) return;
  else if (/^[0-9]$/.test(event.key)) answerByKey(event);
  else if (event.key in KEYS) {
    KEYS[event.key]();
    event.preventDefault();
  }
});

function keyInField(event, field) {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && field.closest("[data-comment]")) {
    event.preventDefault();
    saveComment();
  }
  if (event.key === "Escape" && field.closest("[data-report]")) closeMenus();
  else if (event.key === "Escape" && field.closest("[data-comment]")) field.blur();
}

function answerByKey(event) {
  // With every question answered the pair is on its way out; a correction takes a deliberate click.
  const question = open().length ? currentQuestion() : null;
  const button = question?.querySelector(`[data-key="${event.key}"]`);
  if (!button) return;
  event.preventDefault();
  if (button.name === "how_much") pressHowMuch(question, button);
  else answer(question, withHowMuch(question, button.value));
}

function pressHowMuch(question, radio) {
  const pressed = radio.checked ? howMuchOf(question)[0] : radio; // again: not said
  pressed.checked = true;
  sayHowMuch(question);
}

function toTranscript(where) {
  document.dispatchEvent(new CustomEvent("transcript-focus", { detail: where }));
}

// ---- menus and help

const menus = () => [...document.querySelectorAll("details.menu")];

function openReport() {
  const details = root.querySelector("[data-report]");
  details.open = true;
  details.querySelector("input[type=radio]").focus();
}

function closeMenus() {
  for (const menu of menus().filter((one) => one.open)) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
}

document.addEventListener("click", (event) => {
  for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
});

const helpButton = document.querySelector("[data-help-open]");
helpButton.hidden = false;
helpButton.addEventListener("click", () => help.showModal());

// ---- leaving and coming back

addEventListener("beforeunload", (event) => {
  if (outbox.items.length && !(reloading && outbox.isKept())) event.preventDefault();
});

addEventListener("pageshow", (event) => {
  if (event.persisted) reload(); // a page from the back button's memory may show a pair that is rated by now
});

document.addEventListener("visibilitychange", () => {
  // Reading starts when the page is first seen.
  if (unseen && !document.hidden) {
    shownAt = performance.now();
    restart();
  }
  unseen = false;
});

wholePair = open().length === questions().length && !outbox.items.length;
for (const sent of outbox.items.filter((one) => one.criterion && one.token === pair().dataset.token)) {
  const question = questions().find((one) => one.dataset.question === sent.criterion);
  if (question) showAnswer(question, sent.choice);
}
holdPlaces(root.dataset.holdUrl, Number(root.dataset.holdSeconds), csrfToken);
started();
drain();
