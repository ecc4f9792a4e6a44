// What keys do on the rating page; the dialog of help lists them.

import { answer, sayHowMuch } from "./answer.js";
import { digitOf, nameOf } from "../layouts.js";
import { closeMenus, openReport } from "./menus.js";
import { focusOn } from "./page.js";
import { currentQuestion, howMuchOf, withHowMuch } from "./questions.js";
import { scrollByKey } from "../room.js";
import { saveComment } from "./sending.js";

const ACTIONS = {
  "?": ({ page }) => page.help.showModal(),
  t: () => toTranscript("turns"),
  "/": () => toTranscript("search"),
  u: ({ page }) => page.root.querySelector("[data-undo]:not([hidden])")?.requestSubmit(),
  s: ({ page }) => openReport(page),
  c: ({ page }) => page.commentForm?.elements.text.focus(),
  Escape: closeMenus,
};
const TYPED_INTO = "input:not([name=how_much], [data-only-hits]), textarea, select, [contenteditable]";

export function pressKey(state, event) {
  if (event.isComposing || document.querySelector("dialog[open]") || scrollByKey(state.page, event)) return;
  if (event.repeat || event.altKey) return;
  const field = event.target.closest(TYPED_INTO);
  if (field) pressInField(state, event, field);
  else if (!event.ctrlKey && !event.metaKey) pressOnPage(state, event);
}

function pressOnPage(state, event) {
  const name = nameOf(event);
  const digit = digitOf(event);
  // Some layouts have a sign that means something here on the key of a digit.
  if (Object.hasOwn(ACTIONS, name)) {
    ACTIONS[name](state);
    event.preventDefault();
  } else if (digit) answerByKey(state, event, digit);
}

function pressInField(state, event, field) {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && field.closest("[data-comment]")) {
    event.preventDefault();
    saveComment(state);
    leave(state.page);
  }
  if (event.key === "Escape" && field.closest("[data-report]")) closeMenus();
  else if (event.key === "Escape" && field.closest("[data-comment]")) field.blur();
}

/** The focus leaves the field, so that the next key answers. */
function leave(page) {
  const next = page.openQuestions[0];
  if (next) focusOn(next.querySelector("fieldset"), next);
  else document.activeElement.blur();
}

function answerByKey(state, event, digit) {
  // With every question answered the pair is on its way out; a correction takes a deliberate click.
  const question = state.page.openQuestions.length ? currentQuestion(state.page) : null;
  const button = question?.querySelector(`[data-key="${digit}"]`);
  if (!button) return;
  event.preventDefault();
  if (button.name === "how_much") pressHowMuch(state, question, button);
  else answer(state, question, withHowMuch(question, button.value));
}

function pressHowMuch(state, question, radio) {
  const pressed = radio.checked ? howMuchOf(question)[0] : radio; // again: not said
  pressed.checked = true;
  sayHowMuch(state, question);
}

function toTranscript(where) {
  document.dispatchEvent(new CustomEvent("transcript-focus", { detail: where }));
}
