// Shows how far an upload is, and what is wrong with it, without sending the files again. The form works without it.

import { gettext } from "../annotations/texts.js";

const MOST_FILES = 1000; // as DATA_UPLOAD_MAX_NUMBER_FILES

bind(document.querySelector("[data-upload]"));

function bind(form) {
  const bar = form.querySelector("[data-upload-progress]");
  const status = form.querySelector("[data-upload-status]");
  const button = form.querySelector("button");

  /** Give the form back with a sentence, or with none. */
  function end(text) {
    bar.hidden = true;
    button.disabled = false;
    status.textContent = text;
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (form.querySelector("[type=file]").files.length > MOST_FILES) {
      end(gettext("At most {n} files go at once. Pack them into a .zip.", { n: MOST_FILES }));
      return;
    }
    const request = new XMLHttpRequest();
    button.disabled = true;
    bar.hidden = false;
    status.textContent = gettext("Uploading …");
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      bar.value = total ? loaded / total : 0;
      if (loaded === total) {
        bar.removeAttribute("value");
        status.textContent = gettext("Reading …");
      }
    });
    request.addEventListener("load", () => show(request, form, end));
    request.addEventListener("error", () => {
      end(gettext("The upload did not arrive: no connection. Nothing was stored; try again."));
    });
    request.open("POST", form.action || location.href);
    request.setRequestHeader("X-Requested-With", "XMLHttpRequest");
    request.send(new FormData(form));
  });
}

/** Go to the preview, or show the form with what is wrong; the chosen files stay chosen. */
function show(request, form, end) {
  if (request.status === 200 && request.getResponseHeader("Content-Type") === "application/json") {
    location.assign(JSON.parse(request.responseText).location);
    return;
  }
  const page = new DOMParser().parseFromString(request.responseText, "text/html");
  const fresh = page.querySelector("[data-upload]");
  if (!fresh) {
    const { status } = request;
    end(gettext("It was not taken ({status}). Log in again, or send less at once; nothing was stored.", { status }));
    return;
  }
  fresh.querySelector("[type=file]").replaceWith(form.querySelector("[type=file]"));
  form.replaceWith(fresh);
  bind(fresh);
  fresh.querySelector("[aria-invalid=true], .errorlist")?.scrollIntoView({ block: "center" });
}

// A file that misses the field would take the browser away from the page.
for (const name of ["dragover", "drop"]) {
  document.addEventListener(name, (event) => {
    if (event.target.type === "file") return;
    event.preventDefault();
    if (name === "drop" && event.dataTransfer.files.length) {
      document.querySelector("[data-upload] [type=file]").files = event.dataTransfer.files;
    }
  });
}
