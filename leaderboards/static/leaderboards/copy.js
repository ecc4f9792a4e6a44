// Buttons that copy the text named in data-copy; without this script the text can be copied by hand.

async function copy(button) {
  const area = document.getElementById(button.dataset.copy);
  area.focus();
  area.select();
  let done = true;
  try {
    await navigator.clipboard.writeText(area.value);
  } catch {
    done = false;
  }
  document.querySelector("[data-copied]").textContent = done ? "Copied." : "Selected. Copy it with the keyboard.";
  button.textContent = done ? "Copied" : "Selected";
}

for (const button of document.querySelectorAll("button[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", () => copy(button));
}
