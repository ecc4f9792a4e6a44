// The room of the page: hints shrink after the first pairs, what is cut off at its end says so, and keys scroll the summaries.

const PAIRS_WITH_HINTS = 3;
const LINE_PX = 40;
const PAGE = 0.85; // of what is visible

const STEPS = {
  ArrowDown: () => LINE_PX,
  ArrowUp: () => -LINE_PX,
  PageDown: (box) => PAGE * box.clientHeight,
  PageUp: (box) => -PAGE * box.clientHeight,
  " ": (box, event) => (event.shiftKey ? -PAGE : PAGE) * box.clientHeight,
  Home: (box) => -box.scrollHeight,
  End: (box) => box.scrollHeight,
};
// Where the focus lies when nobody has put it anywhere: elsewhere these keys have a meaning of their own.
const NEUTRAL = "body, [data-heading], fieldset";

/** Keep the signs up to date for as long as the page is open, and answer clicks on them and on hints. */
export function watchRoom({ root }) {
  const mark = () => markEnds(root);
  root.addEventListener("scroll", mark, { passive: true, capture: true });
  root.addEventListener("focusin", () => requestAnimationFrame(mark)); // hints come and go with the focus
  document.addEventListener("pair-shown", mark);
  new ResizeObserver(mark).observe(root);
  document.fonts.ready.then(mark);
  root.addEventListener("click", ({ target }) => {
    if (target.matches("[data-hint-toggle]")) toggleHint(target);
    if (target.matches("[data-goes-on]")) scrollOn(target);
  });
}

function markEnds(root) {
  for (const sign of root.querySelectorAll("[data-goes-on]")) {
    const end = sign.previousElementSibling.getBoundingClientRect().bottom;
    sign.hidden = end <= sign.closest("[data-scrolls]").getBoundingClientRect().bottom + 1;
  }
}

function scrollOn(sign) {
  const box = sign.closest("[data-scrolls]");
  box.scrollBy({ top: PAGE * box.clientHeight });
}

/** Scroll the summaries if the key asks for that and they are cut off; true if it did. */
export function scrollByKey({ root }, event) {
  const box = root.querySelector(".summaries");
  if (!Object.hasOwn(STEPS, event.key) || !event.target.matches(NEUTRAL)) return false;
  if (event.code.startsWith("Numpad")) return false; // digits, with or without Num Lock
  if (event.ctrlKey || event.metaKey || event.altKey || box.scrollHeight <= box.clientHeight + 1) return false;
  box.scrollBy({ top: STEPS[event.key](box, event) });
  event.preventDefault();
  return true;
}

/** A pair is shown: whether its hints are short follows from how many were rated before it. */
export function shortenHints({ pair, questions }) {
  const isShort = pair.dataset.practice === undefined && Number(pair.dataset.done) >= PAIRS_WITH_HINTS;
  pair.toggleAttribute("data-short-hints", isShort);
  for (const question of questions) {
    const toggle = question.querySelector("[data-hint-toggle]");
    if (toggle) toggle.hidden = !isShort;
  }
}

function toggleHint(toggle) {
  toggle.setAttribute("aria-expanded", String(toggle.getAttribute("aria-expanded") !== "true"));
}
