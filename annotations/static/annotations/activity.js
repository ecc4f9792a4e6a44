// How long somebody really works on a pair, telling the server that the page is open, and breaks.

const IDLE_MS = 60_000; // what a gap between two signs of life counts at most: somebody who reads does nothing else
const AWAY_MS = 10 * 60_000; // without a sign of life the server gives the pair to somebody else
const SIGNS = ["pointermove", "pointerdown", "keydown", "wheel", "scroll", "touchmove", "input"];

let active = 0; // since the pair was shown
let session = 0; // since the last break
let last = performance.now();

function settle() {
  const now = performance.now();
  const gap = document.hidden ? 0 : Math.min(now - last, IDLE_MS);
  active += gap;
  session += gap;
  last = now;
}

for (const sign of SIGNS) addEventListener(sign, settle, { passive: true, capture: true });

document.addEventListener("visibilitychange", () => {
  // What was before counts; the time out of sight does not.
  if (document.hidden) {
    const gap = Math.min(performance.now() - last, IDLE_MS);
    active += gap;
    session += gap;
  }
  last = performance.now();
});

/** A new pair is shown. */
export function restart() {
  settle();
  active = 0;
}

/** Milliseconds of work on the pair shown. */
export function activeMs() {
  settle();
  return Math.round(active);
}

/** Keep the places of this page for as long as somebody is there. */
export function holdPlaces(url, seconds, csrfToken) {
  setInterval(() => {
    if (document.hidden || performance.now() - last > AWAY_MS) return;
    const body = new URLSearchParams({ csrfmiddlewaretoken: csrfToken() });
    // A ping that is lost is made up for by the next one, or by the vote itself.
    fetch(url, { method: "POST", body, headers: { Accept: "application/json" } }).catch(() => {});
  }, seconds * 1000);
}

/** True once after so many minutes of work. */
export function breakIsDue(minutes) {
  settle();
  if (!minutes || session < minutes * 60_000) return false;
  session = 0;
  return true;
}
