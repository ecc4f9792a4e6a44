// The elements of the rating page, and what it says to the person.

export class Page {
  constructor(root) {
    this.root = root;
    this.status = document.querySelector("[data-status]");
    this.refusal = document.querySelector("[data-refusal]");
    this.help = document.querySelector("[data-help]");
    this.breakReminder = document.querySelector("[data-break]");
    this.actOnRefusal = () => {};
    this.refusal.querySelector("button").addEventListener("click", () => this.actOnRefusal());
  }

  // Looked up each time: the next pair takes the place of the one shown.
  get pair() {
    return this.root.querySelector("[data-pair]");
  }

  get token() {
    return this.pair.dataset.token;
  }

  get questions() {
    return [...this.root.querySelectorAll("[data-question]")];
  }

  get openQuestions() {
    return this.questions.filter((question) => !question.dataset.answer);
  }

  get commentForm() {
    return this.root.querySelector("[data-comment]");
  }

  get csrfToken() {
    return this.questions[0].elements.csrfmiddlewaretoken.value;
  }

  questionOf(criterion) {
    return this.questions.find((question) => question.dataset.question === criterion);
  }

  say(text, status) {
    this.status.textContent = text;
    this.status.dataset.state = status;
  }

  /** Say what was refused, with a button for what can be done. */
  refuse(text, label, act) {
    this.refusal.querySelector("[data-refusal-text]").textContent = text;
    this.refusal.querySelector("button").textContent = label;
    this.actOnRefusal = act;
    this.refusal.hidden = false;
  }
}

/** Load the rating page anew. The browser need not ask whether to leave while the unsaved answers are kept. */
export function reload(state) {
  state.isReloading = true;
  location.assign(state.page.root.dataset.rateUrl);
}

export function focusOn(element, within = element) {
  element.focus({ preventScroll: true });
  within.scrollIntoView({ block: "nearest" });
}
