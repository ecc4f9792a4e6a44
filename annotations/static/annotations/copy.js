// Buttons that copy the field named in data-copy; without this script the field can be copied by hand.

import { gettext } from "./texts.js";

for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  const label = (button.dataset.label ??= button.textContent);
  button.textContent = (await copied(field)) ? gettext("Copied") : gettext("Press Ctrl+C");
  setTimeout(() => (button.textContent = label), 2000);
});

async function copied(field) {
  field.select();
  try {
    // Only in a secure context; a site in a local network often is none.
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    return document.execCommand("copy");
  }
}
