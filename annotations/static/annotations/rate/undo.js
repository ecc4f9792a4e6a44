// Taking the last answer or skip back.

import { gettext } from "../texts.js";
import { forgetComing, isGuarded, showNext } from "./next.js";
import { reload } from "./page.js";
import { newKey, post } from "./requests.js";

export async function undo(state, form) {
  const { page, outbox } = state;
  if (isGuarded(state)) return;
  if (outbox.items.length) {
    page.say(gettext("Not saved yet, so it cannot be taken back: wait until it is saved."), "fault");
    return;
  }
  page.say(gettext("Taking it back…"), "busy");
  state.isSwapping = true;
  // Without a reply nobody knows whether it is done: tried again it is the same undo, and takes no second answer back.
  state.undoKey ??= newKey();
  const reply = await post(form.action, { client_key: state.undoKey }, page.csrfToken);
  state.isSwapping = false;
  if (!reply.fault) state.undoKey = null;
  const fault = reply.stale ? gettext("the page is out of date") : reply.fault;
  if (fault) page.say(gettext("Not taken back: {fault}.", { fault }), "fault");
  else if (reply.error) page.refuse(reply.error.message, gettext("Reload the page"), () => reload(state));
  else {
    forgetComing(state); // first of all the one that was taken back
    await showNext(state, { isRated: false, text: reply.said });
  }
}
