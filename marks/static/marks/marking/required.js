// Where marks are required: what the panel asks for once a summary loses, the word that there is no error to mark, and
// going on. A mark made after the last answer leaves the pair on the screen: there may be more to mark.

import { isGuarded } from "../../annotations/rate/next.js";
import { lackingSides, losingSides } from "../../annotations/rate/losing.js";
import { enqueue, goOn } from "../../annotations/rate/sending.js";
import { gettext } from "../../annotations/texts.js";

export const isRequired = ({ panel }) => "explained" in panel.dataset;

/** What was said of these sides before: sent already, or waiting in the outbox. */
export function startRequired(marking) {
  const { panel, rating } = marking;
  marking.noneFound = new Set(panel.dataset.explained?.split(" ").filter(Boolean));
  if (!isRequired(marking)) return;
  const { action } = panel.querySelector("[data-no-error]");
  const waits = rating.outbox.items.some(({ url, token }) => url === action && token === rating.page.token);
  if (waits) for (const side of losingSides(rating.page)) marking.noneFound.add(side);
}

/** A mark is made: if the answers are all there, the person goes on when they want to. */
export function stayOnPair(marking) {
  const { page } = marking.rating;
  if (isRequired(marking) && !page.openQuestions.length) marking.rating.staysOn = page.token;
}

export function showRequired(marking) {
  if (!isRequired(marking)) return;
  const { panel, marks, noneFound, rating } = marking;
  const { page } = rating;
  panel.dataset.explained = [...new Set([...marks.map(({ side }) => side), ...noneFound])].join(" ");
  const isAnswered = !page.openQuestions.length;
  const lacking = isAnswered ? lackingSides(page) : [];
  const mayGoOn = isAnswered && !lacking.length && rating.staysOn === page.token;
  panel.querySelector("[data-marks-needed]").hidden = !lacking.length && !mayGoOn;
  panel.querySelector("[data-marks-needed-text]").textContent = asked(lacking);
  panel.querySelector("[data-no-error]").hidden = !lacking.length;
  panel.querySelector("[data-go-on]").hidden = !mayGoOn;
  if (lacking.length) panel.open = true;
}

function asked(lacking) {
  if (lacking.length > 1) return gettext("Both are bad: mark an error in each to go on.");
  if (!lacking.length) return gettext("Mark more errors, or go on.");
  return lacking[0] === "left"
    ? gettext("The left summary loses: mark an error in it to go on.")
    : gettext("The right summary loses: mark an error in it to go on.");
}

/** There is no error to mark in what loses; or, once marks are there, on to the next pair. False: neither is asked. */
export function sayNoneOrGoOn(marking) {
  const { panel, rating } = marking;
  if (!isRequired(marking) || isGuarded(rating)) return false;
  const form = panel.querySelector("[data-no-error]");
  if (form.hidden && panel.querySelector("[data-go-on]").hidden) return false;
  if (form.hidden) goOn(rating);
  else sayNoneFound(marking, form);
  return true;
}

function sayNoneFound(marking, form) {
  const { rating } = marking;
  for (const side of lackingSides(rating.page)) marking.noneFound.add(side);
  showRequired(marking);
  rating.staysOn = "";
  enqueue(rating, form, { token: rating.page.token });
}
