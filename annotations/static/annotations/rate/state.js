// What the rating page remembers between events: one object, which every module of this folder is handed.

import { Drafts } from "./drafts.js";
import { Outbox } from "./outbox.js";
import { Pace } from "./pace.js";
import { Page } from "./page.js";

/** The state of the page that starts now; root is the element that holds the pair. */
export function createState(root) {
  const { rateUrl } = root.dataset;
  return {
    page: new Page(root),
    outbox: new Outbox(rateUrl),
    drafts: new Drafts(rateUrl),
    pace: new Pace(rateUrl),
    // The pair shown.
    shownAt: 0, // performance.now() when it appeared
    staysOn: "", // token of the pair that the person leaves by themselves, though it is rated
    leaving: "", // token of the pair that they leave so, once all is saved
    isWhole: true, // false after a reload in the middle of it: its time says nothing about the pace
    isUnseen: document.hidden, // opened in a background tab
    guard: 0, // timer that ends the time in which presses are ignored
    // Pairs to come: by the token of each, the pair after it, fetched while that one is rated; null: none was promised.
    coming: new Map(),
    isSwapping: false,
    // Sending.
    isSending: false,
    isReloading: false, // as the page itself offered
    undoKey: null, // of an undo that may have reached the server
    clicksBeganAt: 0, // performance.now() at the first of the latest clicks in quick succession
  };
}
