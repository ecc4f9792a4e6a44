// Buttons that copy the field named in data-copy; without this script the field can be copied by hand.

import { gettext } from "./texts.js";

// What a screen reader says: it must be on the page before there is something to say.
const status = document.createElement("p");
status.className = "visually-hidden";
status.setAttribute("role", "status");
status.dataset.copied = "";
document.body.append(status);

for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  status.textContent = ""; // said again, if it is the same
  const label = (button.dataset.label ??= button.textContent);
  const done = await copied(document.getElementById(button.dataset.copy));
  button.textContent = done ? gettext("Copied") : gettext("Selected");
  status.textContent = done ? gettext("Copied.") : gettext("Selected. Copy it with the keyboard.");
  setTimeout(() => (button.textContent = label), 2000);
});

async function copied(field) {
  field.focus();
  field.select();
  try {
    // Only in a secure context; a site in a local network often is none.
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    return document.execCommand("copy");
  }
}
