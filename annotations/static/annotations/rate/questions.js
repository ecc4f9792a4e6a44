// The questions of a pair: which answer each one shows, and which one the keys answer.

export function showAnswer(question, choice) {
  question.dataset.answer = choice;
  const [plain, howMuch = ""] = choice.split("-");
  for (const button of question.querySelectorAll("[name=choice]")) {
    button.setAttribute("aria-pressed", String([choice, plain].includes(button.value)));
  }
  for (const radio of howMuchOf(question)) radio.checked = radio.value === howMuch;
}

/** Where saying how much better is optional: the radio buttons of a question. */
export function howMuchOf(question) {
  return [...question.querySelectorAll("[name=how_much]")];
}

/** A button's choice with how much better, if that was said and the choice is a side. */
export function withHowMuch(question, choice) {
  const said = howMuchOf(question).find((radio) => radio.checked)?.value;
  return said && ["left", "right"].includes(choice) ? `${choice}-${said}` : choice;
}

/** The question that keys answer: the one with the focus, else the first open one. */
export function currentQuestion(page) {
  return document.activeElement?.closest("[data-question]") ?? page.openQuestions[0];
}

export function markCurrent(page) {
  const current = currentQuestion(page);
  for (const question of page.questions) question.classList.toggle("current", question === current);
  page.commentForm?.classList.toggle("current", !current && page.pair.dataset.comments === "required");
}
