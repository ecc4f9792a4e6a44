// The comment on a pair: what was typed is kept in the browser until it is saved.

import { gettext } from "../texts.js";
import { focusOn } from "./page.js";

/** Whether a comment is all that the pair lacks. */
export function lacksComment(page) {
  const isRequired = page.pair.dataset.comments === "required";
  return !page.openQuestions.length && isRequired && !page.commentForm.elements.text.value.trim();
}

export function askForComment(page) {
  page.say(gettext("Add a comment to go on."), "busy");
  focusOn(page.commentForm.elements.text, page.commentForm);
}

/** The text, if it was changed since it was last taken from here; else null. */
export function takeChangedComment(page) {
  const text = page.commentForm?.elements.text;
  if (!text || text.value === text.defaultValue) return null;
  text.defaultValue = text.value;
  return text.value;
}

export function keepDraft({ page, drafts }, text) {
  drafts.keep(page.token, text);
}

export function restoreDraft({ page, drafts }) {
  const draft = drafts.of(page.token);
  if (page.commentForm && draft) page.commentForm.elements.text.value = draft;
}

/** A saved comment needs no draft, unless more was written since. */
export function dropDraft({ drafts }, { token, text }) {
  if (drafts.of(token) === text) drafts.keep(token, "");
}
