// The rating page: an answer is saved the moment it is given, and the next pair is there already.
// Without this script the same buttons submit ordinary forms. docs/rating.md tells annotators what happens.
// Here the state is made, and events are handed to the modules that work on it.

import { holdPlaces } from "./activity.js";
import { answer, sayHowMuch } from "./rate/answer.js";
import { keepDraft } from "./rate/comment.js";
import { pressKey } from "./rate/keys.js";
import { closeMenusWithout, report } from "./rate/menus.js";
import { startPair, startTime } from "./rate/next.js";
import { reload } from "./rate/page.js";
import { markCurrent, showAnswer, withHowMuch } from "./rate/questions.js";
import { watchRoom } from "./room.js";
import { saveComment, send } from "./rate/sending.js";
import { createState } from "./rate/state.js";
import { undo } from "./rate/undo.js";

export const state = createState(document.querySelector("[data-rating]"));
const { page, outbox } = state;
const { root } = page;

// ---- mouse, finger, keys

root.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target;
  if (event.submitter?.name === "choice") answer(state, form, withHowMuch(form, event.submitter.value));
  else if (form.matches("[data-undo]")) undo(state, form);
  else if (form.matches("[data-remark]")) report(state, form, event.submitter.value);
  else if (form.matches("[data-comment]")) saveComment(state);
});

root.addEventListener("change", (event) => {
  if (event.target.name === "how_much") sayHowMuch(state, event.target.form);
});

root.addEventListener("input", (event) => {
  if (event.target.closest("[data-comment]")) keepDraft(state, event.target.value);
});

root.addEventListener("focusin", () => markCurrent(page));

document.addEventListener("keydown", (event) => pressKey(state, event));

document.addEventListener("click", (event) => {
  // The second half of a slow double click that began on the pair before would hit this one.
  if (event.detail === 1) state.clicksBeganAt = performance.now();
  const isLate = event.detail > 1 && state.clicksBeganAt < state.shownAt;
  if (isLate && event.target.closest("[name=choice], [data-undo] button")) event.preventDefault();
});

document.addEventListener("click", (event) => closeMenusWithout(event.target));

const helpButton = document.querySelector("[data-help-open]");
helpButton.addEventListener("click", () => page.help.showModal());
helpButton.hidden = false;

// ---- leaving and coming back

addEventListener("beforeunload", (event) => {
  if (outbox.items.length && !(state.isReloading && outbox.isKept())) event.preventDefault();
});

addEventListener("pageshow", (event) => {
  if (event.persisted) reload(state); // a page from the back button's memory may show a pair that is rated by now
});

document.addEventListener("visibilitychange", () => {
  // Reading starts when the page is first seen.
  if (state.isUnseen && !document.hidden) startTime(state);
  state.isUnseen = false;
});

// ---- the page starts

state.isWhole = page.openQuestions.length === page.questions.length && !outbox.items.length;
for (const item of outbox.items.filter(({ criterion, token }) => criterion && token === page.token)) {
  const question = page.questionOf(item.criterion);
  if (question) showAnswer(question, item.choice);
}
holdPlaces(root.dataset.holdUrl, Number(root.dataset.holdSeconds), () => page.csrfToken);
watchRoom(page);
startPair(state);
send(state);
