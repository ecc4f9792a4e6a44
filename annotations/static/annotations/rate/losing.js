// Which summaries lose by the answers given. Where marks are required, each of them has one before the pair is rated, or
// the person has said that they find no error: the panel for marks (data-explained) says of which sides that is so.

import { gettext } from "../texts.js";

export const SIDES = ["left", "right"];

export function losingSides({ questions }) {
  const answers = questions.map(({ dataset }) => dataset.answer.split("-")[0]);
  const loses = { left: ["right", "both_bad"], right: ["left", "both_bad"] };
  return SIDES.filter((side) => answers.some((answer) => loses[side].includes(answer)));
}

/** The losing sides that lack a mark; none where marks are not required. */
export function lackingSides(page) {
  const explained = page.pair.querySelector("[data-explained]")?.dataset.explained;
  return explained === undefined ? [] : losingSides(page).filter((side) => !explained.split(" ").includes(side));
}

/** Whether a mark is what the pair lacks. */
export function lacksMarks(page) {
  return !page.openQuestions.length && lackingSides(page).length > 0;
}

export function askForMarks(page) {
  page.say(gettext("Mark an error, or say that there is none."), "busy");
}
