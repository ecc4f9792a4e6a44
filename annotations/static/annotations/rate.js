// The rating page: an answer is saved the moment it is given, and the next pair comes without a reload.
// Without this script the same buttons submit ordinary forms. docs/rating.md tells annotators what happens.

const GUARD_MS = 250; // after a pair appears: a second press meant for the one before must not rate it
const TIMEOUT_MS = 20_000;
const RETRY_MS = [1_000, 2_000, 4_000, 8_000, 15_000, 30_000];
const DAY_MS = 24 * 60 * 60 * 1000;
const CHOICE_OF_KEY = { 1: "left", 2: "right", 3: "tie", 4: "both_bad" };
const PACE_NEEDS = 3;
const PACE_KEEPS = 30;

const root = document.querySelector("[data-rating]");
const rateUrl = root.dataset.rateUrl;
const status = document.querySelector("[data-status]");
const refusal = document.querySelector("[data-refusal]");
const help = document.querySelector("[data-help]");

let swapping = false;
let draining = false;
let shownAt = 0;
let wholePair = true; // false after a reload in the middle of a pair: its time says nothing about the pace
let retryNow = () => {};
let unseen = document.hidden; // opened in a background tab

// ---- what the browser keeps

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key)) ?? [];
  } catch {
    return [];
  }
}

function write(key, value) {
  try {
    if (value.length) localStorage.setItem(key, JSON.stringify(value));
    else localStorage.removeItem(key);
  } catch {
    // No storage in this browser: answers are still sent, they just do not survive a reload.
  }
}

/** Answers given and not yet acknowledged by the server, oldest first. */
const outbox = {
  key: `punchweight.unsaved.${rateUrl}`,
  answers: [],
  load() {
    this.answers = read(this.key);
  },
  add(answer) {
    this.answers.push(answer);
    write(this.key, this.answers);
  },
  remove(clientKey) {
    this.answers = this.answers.filter((answer) => answer.client_key !== clientKey);
    write(this.key, this.answers);
  },
};

/** Time per pair in this browser. */
const pace = {
  key: "punchweight.pace",
  add(ms) {
    write(this.key, [...read(this.key), Math.round(ms)].slice(-PACE_KEEPS));
  },
  left(pairs) {
    const times = read(this.key).sort((a, b) => a - b);
    if (times.length < PACE_NEEDS || pairs < 1) return "";
    const middle = times.length / 2;
    const median = (times[Math.floor(middle)] + times[Math.ceil(middle) - 1]) / 2;
    const minutes = Math.max(1, Math.round((median * pairs) / 60_000));
    return minutes < 60 ? `about ${minutes} min left` : `about ${Math.floor(minutes / 60)} h ${minutes % 60} min left`;
  },
};

function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  // randomUUID exists in secure contexts only; a site in a local network often is none.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

// ---- what is shown

const pair = () => root.querySelector("[data-pair]");
const questions = () => [...root.querySelectorAll("[data-question]")];
const open = () => questions().filter((question) => !question.dataset.answer);
const guarded = () => swapping || performance.now() - shownAt < GUARD_MS;

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

const reload = () => location.assign(rateUrl);

/** The question that keys answer: the one with the focus, else the first open one. */
function currentQuestion() {
  return document.activeElement?.closest("[data-question]") ?? open()[0];
}

function showAnswer(question, choice) {
  question.dataset.answer = choice;
  for (const button of question.querySelectorAll("[name=choice]")) {
    button.setAttribute("aria-pressed", String(button.value === choice));
  }
}

function markCurrent() {
  const marked = currentQuestion();
  for (const question of questions()) question.classList.toggle("current", question === marked);
}

function started() {
  shownAt = performance.now();
  const { done, total } = pair().dataset;
  root.querySelector("[data-estimate]").textContent = pace.left(total - done);
  markCurrent();
  document.dispatchEvent(new CustomEvent("pair-shown"));
}

// ---- answering

function answer(question, choice) {
  if (guarded() || question.dataset.answer === choice) return;
  showAnswer(question, choice);
  refusal.hidden = true;
  outbox.add({
    token: pair().dataset.token,
    criterion: question.dataset.question,
    choice,
    client_key: newKey(),
    lead_time_ms: Math.min(Math.round(performance.now() - shownAt), DAY_MS),
  });
  drain();
  const next = open()[0];
  if (next) {
    next.querySelector("fieldset").focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  }
  markCurrent();
}

/** Send what is unsaved, one answer after the other, for as long as it takes. */
async function drain() {
  if (draining) return;
  draining = true;
  let faults = 0;
  let complete = false;
  while (outbox.answers.length) {
    const sent = outbox.answers[0];
    if (!faults) say("Saving…", "busy");
    const reply = await send(sent);
    if (reply.stale) {
      say("Not saved yet.", "fault");
      refuse("This page is out of date. Reload it: your answer is kept and sent then.", "Reload the page", reload);
      draining = false;
      return;
    }
    if (reply.fault) {
      say(`Not saved yet: ${reply.fault}. Trying again…`, "fault");
      await pause(RETRY_MS[Math.min(faults++, RETRY_MS.length - 1)]);
      continue;
    }
    faults = 0;
    outbox.remove(sent.client_key);
    const shown = sent.token === pair().dataset.token;
    if (reply.error) refused(sent, reply.error, shown);
    else say("Saved", "saved");
    complete ||= shown && Boolean(reply.complete);
  }
  draining = false;
  if (complete) await nextPair();
}

/** Post one answer: {complete} once it is stored, {error} if refused, {stale} or {fault} if nobody knows. */
async function send(sent) {
  const body = new URLSearchParams(sent);
  const form = questions()[0];
  body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  try {
    const response = await fetch(form.action, {
      method: "POST",
      body,
      headers: { Accept: "application/json" },
      keepalive: true,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const isJson = response.headers.get("Content-Type")?.startsWith("application/json");
    if (response.status === 403 && !isJson) return { stale: true };
    if (!isJson || response.status >= 500) return { fault: "the server has a fault" };
    return await response.json();
  } catch {
    return { fault: "no connection" };
  }
}

function pause(ms) {
  return new Promise((resolve) => {
    retryNow = resolve;
    setTimeout(resolve, ms);
  });
}

addEventListener("online", () => retryNow());

function refused(sent, error, shown) {
  say("Not saved", "fault");
  if (shown) {
    const question = questions().find((one) => one.dataset.question === sent.criterion);
    if (question) showAnswer(question, "");
    markCurrent();
  }
  const goOn = ["lease_lost", "unknown_assignment"].includes(error.code);
  const text = shown ? error.message : `An earlier answer was not saved. ${error.message}`;
  refuse(text, goOn ? "Go on with the next pair" : "Reload the page", reload);
}

// ---- the next pair

async function nextPair() {
  swapping = true;
  pair().inert = true;
  if (wholePair) pace.add(performance.now() - shownAt);
  let fresh;
  for (let faults = 0; fresh === undefined; ) {
    fresh = await fetchPair();
    if (fresh === undefined) {
      say("Saved. The next pair did not come: no connection. Trying again…", "fault");
      await pause(RETRY_MS[Math.min(faults++, RETRY_MS.length - 1)]);
    }
  }
  if (fresh === null) {
    reload(); // no pair: the whole page says why
    return;
  }
  swap(fresh);
}

/** The next pair's element; null if there is none; undefined if the server could not be asked. */
async function fetchPair() {
  try {
    const response = await fetch(rateUrl, { headers: { "X-Fragment": "1" }, signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (response.status >= 500) return undefined;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    return response.ok ? page.querySelector("[data-pair]") : null;
  } catch {
    return undefined;
  }
}

function swap(fresh) {
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
  wholePair = true;
  swapping = false;
  say("Saved", "saved");
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
  if (event.submitter?.name === "choice") answer(event.target, event.submitter.value);
});

let clicksBeganAt = 0;

document.addEventListener("click", (event) => {
  // The second half of a slow double click that began on the pair before would hit this one.
  if (event.detail === 1) clicksBeganAt = performance.now();
  const late = event.detail > 1 && clicksBeganAt < shownAt;
  if (late && event.target.closest("[name=choice]")) event.preventDefault();
});

root.addEventListener("focusin", markCurrent);

document.addEventListener("keydown", (event) => {
  if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (help.open || event.target.closest("input, textarea, select, [contenteditable]")) return;
  if (event.key in CHOICE_OF_KEY) answerByKey(CHOICE_OF_KEY[event.key]);
  else if (event.key === "?") help.showModal();
  else if (event.key === "t") toTranscript("turns");
  else if (event.key === "/") toTranscript("search");
  else if (event.key === "Escape") closeMenu();
  else return;
  event.preventDefault();
});

function answerByKey(choice) {
  // With every question answered the pair is on its way out; a correction takes a deliberate click.
  if (open().length) answer(currentQuestion(), choice);
}

function toTranscript(where) {
  document.dispatchEvent(new CustomEvent("transcript-focus", { detail: where }));
}

// ---- menu and help

const menu = document.querySelector(".menu");

function closeMenu() {
  if (!menu.open) return;
  menu.open = false;
  menu.querySelector("summary").focus();
}

document.addEventListener("click", (event) => {
  if (!menu.contains(event.target)) menu.open = false;
});

const helpButton = document.querySelector("[data-help-open]");
helpButton.hidden = false;
helpButton.addEventListener("click", () => help.showModal());

// ---- leaving and coming back

addEventListener("beforeunload", (event) => {
  if (outbox.answers.length) event.preventDefault();
});

addEventListener("pageshow", (event) => {
  if (event.persisted) reload(); // a page from the back button's memory may show a pair that is rated by now
});

document.addEventListener("visibilitychange", () => {
  // Reading starts when the page is first seen.
  if (unseen && !document.hidden) shownAt = performance.now();
  unseen = false;
});

outbox.load();
wholePair = open().length === questions().length && !outbox.answers.length;
for (const sent of outbox.answers) {
  const question = questions().find((one) => one.dataset.question === sent.criterion);
  if (question && sent.token === pair().dataset.token) showAnswer(question, sent.choice);
}
started();
drain();
