// The next pair: fetched ahead while this one is rated, and shown in its place. An answer that completes a pair brings the
// pair after the one that is shown then; it is asked for apart where no answer brought it, as on the first pair.

import { breakIsDue, restart } from "../activity.js";
import { gettext } from "../texts.js";
import { lacksComment, restoreDraft } from "./comment.js";
import { lacksMarks } from "./losing.js";
import { reload } from "./page.js";
import { markCurrent } from "./questions.js";
import { fetchPair } from "./requests.js";
import { waitToRetry } from "./retry.js";
import { shortenHints } from "../room.js";

const GUARD_MS = 250; // after a pair appears: a second press meant for the one before must not rate it
const PREFETCH_AFTER_MS = 1_000;

/** Whether the page can go on to a pair that is there already, before the server has said that this one is saved. */
export function canGoOn({ page, coming, isSwapping, staysOn }) {
  const isRated = !page.openQuestions.length && !lacksComment(page) && !lacksMarks(page) && staysOn !== page.token;
  return isRated && Boolean(coming.get(page.token)) && !isSwapping && page.pair.dataset.practice === undefined;
}

/** Whether presses are ignored at the moment. */
export function isGuarded({ page, isSwapping }) {
  return isSwapping || !("ready" in page.pair.dataset);
}

/** A pair has just appeared, or is seen for the first time: its time starts, and soon it takes answers. */
export function startTime(state) {
  const { pair } = state.page;
  state.shownAt = performance.now();
  restart();
  clearTimeout(state.guard);
  delete pair.dataset.ready;
  state.guard = setTimeout(() => pair.toggleAttribute("data-ready", true), GUARD_MS);
}

/** Make the pair shown work. */
export function startPair(state) {
  const { page, pace } = state;
  const { done, total, token, more } = page.pair.dataset;
  startTime(state);
  page.root.querySelector("[data-estimate]").textContent = more === undefined ? pace.left(total - done) : "";
  restoreDraft(state);
  shortenHints(page);
  markCurrent(page);
  document.dispatchEvent(new CustomEvent("pair-shown"));
  setTimeout(fetchAhead, PREFETCH_AFTER_MS, state, token);
}

/** Fetch the pair after the one with this token, unless that is no longer shown. */
export async function fetchAhead(state, token) {
  const { page, outbox, coming } = state;
  if (page.token !== token || coming.has(token) || document.hidden) return;
  // To the server a pair whose answer is still here is not rated: it would come again.
  if (outbox.items.some((item) => item.token !== token)) return;
  const fresh = await fetchPair(`${page.root.dataset.nextUrl}?after=${encodeURIComponent(token)}`);
  // One that comes while another is on its way would be shown later with an old count, as would one from before an undo;
  // what an answer brought meanwhile is newer.
  const isLate = state.isSwapping || page.token !== token || coming.has(token);
  if (fresh !== undefined && !isLate) keepComing(state, token, fresh);
}

/** Keep the pair that comes after the one with this token; null: none is promised. */
export function keepComing(state, token, pair) {
  if (pair?.dataset.token === token) return; // its place had been given back meanwhile: it is shown already
  state.coming.set(token, pair);
  showReady(state);
}

/** Forget what was fetched ahead: another pair is shown first, or what was fetched counts one that is not rated. */
export function forgetComing(state) {
  state.coming.clear();
  showReady(state);
}

function showReady({ page, coming }) {
  page.root.toggleAttribute("data-next-ready", Boolean(coming.get(page.token)));
}

/** Show the next pair once it is there, and say the text; isRated: the pair shown was rated to the end. */
export async function showNext(state, { isRated, text, status = "saved" }) {
  const { page, pace, coming } = state;
  state.isSwapping = true;
  page.pair.inert = true;
  delete page.pair.dataset.ready;
  if (isRated && state.isWhole) pace.add(performance.now() - state.shownAt);
  const { token } = page;
  const fresh = coming.get(token) ?? (await fetchPatiently(page));
  coming.delete(token);
  if (fresh === null || fresh.lang !== page.pair.lang) {
    reload(state); // no pair: the whole page says why; another language was chosen in another tab
    return;
  }
  swap(page, fresh);
  showReady(state);
  state.isWhole = isRated;
  state.isSwapping = false;
  startPair(state);
  toTop(fresh);
  page.say(text, status);
  if (page.breakReminder && breakIsDue(Number(page.root.dataset.breakMinutes))) page.breakReminder.showModal();
}

/** The next pair, or null if there is none; asks again until the server answers. */
async function fetchPatiently(page) {
  for (let faults = 0; ; faults++) {
    const fresh = await fetchPair(page.root.dataset.rateUrl);
    if (fresh !== undefined) return fresh;
    page.say(gettext("Saved. The next pair did not come: no connection. Trying again…"), "fault");
    await waitToRetry(faults);
  }
}

function swap(page, fresh) {
  const old = page.pair;
  const transcript = old.querySelector("[data-transcript]");
  const position = transcript.querySelector("[data-turns]").scrollTop;
  document.adoptNode(fresh);
  if (textOfTurns(old) === textOfTurns(fresh)) {
    // The same meeting again: the reader's place and search stay.
    fresh.querySelector("[data-transcript]").replaceWith(transcript);
    fresh.classList.toggle("transcript-closed", old.classList.contains("transcript-closed"));
  }
  old.replaceWith(fresh);
  if (fresh.contains(transcript)) transcript.querySelector("[data-turns]").scrollTop = position;
}

function textOfTurns(pair) {
  return [...pair.querySelectorAll("[data-turns] > li")].map((turn) => turn.textContent).join("\n");
}

function toTop(pair) {
  pair.querySelector("[data-heading]").focus({ preventScroll: true });
  scrollTo(0, 0);
  pair.querySelector(".summaries").scrollTop = 0;
}
