// What is said goes to the outbox first, and from there to the server, one after the other, for as long as it takes.

import { gettext } from "../texts.js";
import { dropDraft, lacksComment, takeChangedComment } from "./comment.js";
import { askForMarks, lacksMarks } from "./losing.js";
import { canGoOn, fetchAhead, forgetComing, keepComing, showNext } from "./next.js";
import { reload } from "./page.js";
import { markCurrent, showAnswer } from "./questions.js";
import { newKey, pairIn, post } from "./requests.js";
import { waitToRetry } from "./retry.js";

const COMPLETING = new Set(["comment", "skip"]); // remarks that may be the last that a pair lacks
const FOR_NOW = new Set(["not_joined", "study_not_open"]); // refusals of what can be sent again later
const GONE = new Set(["lease_lost", "unknown_assignment"]); // refusals after which the next pair can be rated

export function enqueue(state, form, fields) {
  state.page.refusal.hidden = true;
  state.undoKey = null;
  state.outbox.add({ url: form.action, client_key: newKey(), ...fields });
  send(state);
}

/** Send the comment if it was changed since it was saved. */
export function saveComment(state) {
  const { page } = state;
  const text = takeChangedComment(page);
  if (text !== null) enqueue(state, page.commentForm, { token: page.token, kind: "comment", text });
}

/** Send what is unsaved, then show the next pair if the one shown is complete. */
export async function send(state) {
  if (state.isSending) return;
  state.isSending = true;
  const sent = { complete: false, skipped: false, practised: false };
  const wasRefused = !(await sendAll(state, sent));
  state.isSending = false;
  if (wasRefused) return;
  if (state.leaving === state.page.token) {
    Object.assign(sent, { complete: true, practised: "practice" in state.page.pair.dataset });
  }
  if (sent.practised) location.assign(state.page.pair.dataset.practice); // a page of its own says how it went
  else if (sent.complete) await showNext(state, { isRated: !sent.skipped, text: gettext("Saved") });
}

/** The person leaves a pair that is rated; what is not sent yet is sent while they read the next one. */
export async function goOn(state) {
  const { page } = state;
  Object.assign(state, { staysOn: "", leaving: page.token });
  const { text, status } = { text: page.status.textContent, status: page.status.dataset.state };
  if (state.isSending && canGoOn(state)) await showNext(state, { isRated: true, text, status });
  else send(state);
}

/** Empty the outbox; false if the server takes nothing for now. Notes in sent what became of the pair shown. */
async function sendAll(state, sent) {
  const { page, outbox } = state;
  let faults = 0;
  let hadFaults = false;
  while (outbox.items.length) {
    const item = outbox.items[0];
    if (!faults) page.say(gettext("Saving…"), "busy");
    const { url = page.questions[0].action, ...fields } = item;
    const after = wantedAfter(state, item);
    const reply = await post(url, after ? { ...fields, after } : fields, page.csrfToken);
    if (reply.stale || FOR_NOW.has(reply.error?.code)) {
      keepForLater(state, reply);
      return false;
    }
    if (reply.fault) {
      await sayUnsaved(state, reply.fault, sent);
      await waitToRetry(faults++);
      hadFaults = true;
      continue;
    }
    faults = 0;
    outbox.remove(item.client_key);
    answered(state, item, reply, sent);
    if (reply.next !== undefined) keepComing(state, after, reply.next && pairIn(reply.next));
  }
  if (hadFaults && !sent.complete) fetchAhead(state, page.token);
  return true;
}

/** The token of the pair after which the next one is wanted with the reply, if the item completes its pair; or "". */
function wantedAfter({ page, outbox, coming }, item) {
  // To the server a pair whose answer is still here is not rated: it would come again.
  if (outbox.items.length > 1 || !(item.criterion || COMPLETING.has(item.kind))) return "";
  if ("practice" in page.pair.dataset) return ""; // a page of its own comes first
  const known = item.kind === "skip" ? null : coming.get(page.token); // it counts this pair as rated
  return known?.dataset.token ?? page.token;
}

/** Say that something waits here. Who has rated the pair shown goes on with the one that was fetched ahead. */
async function sayUnsaved(state, fault, sent) {
  const text = gettext("Not saved yet: {fault}. Trying again…", { fault });
  state.page.say(text, "fault");
  if (!canGoOn(state)) return;
  saveComment(state); // what was written since: the pair leaves the screen
  Object.assign(sent, { complete: false, skipped: false }); // of the pair shown from now on nothing is sent yet
  await showNext(state, { isRated: true, text, status: "fault" });
}

/** The server has said what became of an item. */
function answered(state, item, reply, sent) {
  const { page, outbox } = state;
  const isShown = item.token === page.token;
  if (reply.error) refused(state, item, reply.error, isShown);
  else saved(state, item);
  if (isShown && item.kind === "skip" && reply.complete) forgetComing(state); // it counts the skipped pair as rated
  document.dispatchEvent(new CustomEvent("item-answered", { detail: { item, error: reply.error } }));
  sent.complete ||= isShown && Boolean(reply.complete) && state.staysOn !== page.token;
  sent.skipped ||= isShown && item.kind === "skip";
  sent.practised ||= sent.complete && item.kind !== "skip" && "practice" in page.pair.dataset;
  if (sent.complete && !outbox.items.length) saveComment(state); // what was written while the answer was on its way
}

function keepForLater(state, reply) {
  const stale = gettext("This page is out of date. Reload it: your answer is kept and sent then.");
  const later = gettext("{reason} Your answer is kept here and sent once it can be.", { reason: reply.error?.message });
  state.page.say(gettext("Not saved yet."), "fault");
  state.page.refuse(reply.stale ? stale : later, gettext("Reload the page"), () => reload(state));
}

function saved(state, item) {
  const { page } = state;
  const text = lacksComment(page) ? gettext("Saved. Add a comment to go on.") : gettext("Saved");
  page.say(item.kind === "problem" ? gettext("Reported. Thank you.") : text, "saved");
  if (!lacksComment(page) && lacksMarks(page)) askForMarks(page);
  if (item.kind === "comment") dropDraft(state, item);
}

function refused(state, item, error, isShown) {
  const { page } = state;
  page.say(gettext("Not saved"), "fault");
  if (isShown && item.criterion) {
    const question = page.questionOf(item.criterion);
    if (question) showAnswer(question, "");
    markCurrent(page);
  }
  const text = isShown ? error.message : gettext("An earlier answer was not saved. {reason}", { reason: error.message });
  const label = GONE.has(error.code) ? gettext("Go on with the next pair") : gettext("Reload the page");
  page.refuse(text, label, () => reload(state));
}
