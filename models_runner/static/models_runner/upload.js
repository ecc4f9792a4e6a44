// Shows how far an upload is. Without it the form is sent all the same.

const form = document.querySelector("[data-upload]");
const bar = form.querySelector("[data-upload-progress]");
const status = form.querySelector("[data-upload-status]");

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const request = new XMLHttpRequest();
  form.querySelector("button").disabled = true;
  bar.hidden = false;
  status.textContent = "Uploading …";
  request.upload.addEventListener("progress", ({ loaded, total }) => {
    bar.value = total ? loaded / total : 0;
    if (loaded === total) {
      bar.removeAttribute("value");
      status.textContent = "Reading …";
    }
  });
  request.addEventListener("load", () => show(request));
  request.addEventListener("error", () => {
    bar.hidden = true;
    form.querySelector("button").disabled = false;
    status.textContent = "The upload did not arrive: no connection. Nothing was stored; try again.";
  });
  request.open("POST", form.action || location.href);
  request.send(new FormData(form));
});

/** Go to the preview, or let the browser send the form again to show what is wrong with it. */
function show(request) {
  if (request.status < 400 && request.responseURL !== location.href) location.assign(request.responseURL);
  else form.submit();
}
