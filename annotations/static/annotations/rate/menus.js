// The menus of the rating page: what skips or reports a pair, and what closes them.

import { enqueue, saveComment } from "./sending.js";

export function openReport(page) {
  const menu = page.root.querySelector("[data-report]");
  menu.open = true;
  menu.querySelector("input[type=radio]").focus();
}

/** Skip the pair or report a problem; kind says which. */
export function report(state, form, kind) {
  if (!form.reportValidity()) return;
  form.closest("details").open = false;
  enqueue(state, form, {
    token: state.page.token,
    kind,
    reason: form.elements.reason.value,
    text: form.elements.text.value,
  });
  form.reset();
  saveComment(state);
}

export function closeMenus() {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
}

export function closeMenusWithout(element) {
  for (const menu of document.querySelectorAll("details.menu")) if (!menu.contains(element)) menu.open = false;
}
