// Answering a question, by whatever means: it shows at once and is sent at once.

import { activeMs } from "../activity.js";
import { askForComment, lacksComment } from "./comment.js";
import { askForMarks, lacksMarks } from "./losing.js";
import { isGuarded } from "./next.js";
import { focusOn } from "./page.js";
import { markCurrent, showAnswer, withHowMuch } from "./questions.js";
import { enqueue, saveComment } from "./sending.js";

const DAY_MS = 24 * 60 * 60 * 1000;

export function answer(state, question, choice) {
  if (isGuarded(state) || question.dataset.answer === choice) return;
  const { page } = state;
  showAnswer(question, choice);
  saveComment(state);
  enqueue(state, question, {
    token: page.token,
    criterion: question.dataset.question,
    choice,
    lead_time_ms: Math.min(Math.round(performance.now() - state.shownAt), DAY_MS),
    active_ms: Math.min(activeMs(), DAY_MS),
  });
  const next = page.openQuestions[0];
  if (next) focusOn(next.querySelector("fieldset"), next);
  else if (lacksComment(page)) askForComment(page);
  else if (lacksMarks(page)) askForMarks(page);
  markCurrent(page);
  document.dispatchEvent(new CustomEvent("answer-given"));
}

/** Before left or right is chosen it goes with the answer; after, it changes the answer. */
export function sayHowMuch(state, question) {
  const plain = question.dataset.answer.split("-")[0];
  if (["left", "right"].includes(plain)) answer(state, question, withHowMuch(question, plain));
}
