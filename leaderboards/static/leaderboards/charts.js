// Puts the live chart in the place of the server's picture. Without this script the pictures stay.

const dark = matchMedia("(prefers-color-scheme: dark)");
const narrow = matchMedia("(max-width: 40rem)");
const views = new WeakMap();

async function fetchSpec(figure) {
  const address = new URL(figure.dataset.spec, location.href);
  if (dark.matches) {
    address.searchParams.set("theme", "dark");
  }
  if (narrow.matches) {
    address.searchParams.set("width", "narrow");
  }
  const answer = await fetch(address);
  if (!answer.ok) {
    throw new Error(`${address.pathname}: ${answer.status}`);
  }
  return answer.json();
}

function fit(spec) {
  // A chart whose columns have a width of their own keeps it, and its frame scrolls.
  if (typeof spec.width === "number") {
    spec.width = "container";
    spec.autosize = { type: "fit-x", contains: "padding" };
  }
  return spec;
}

function placeFor(picture) {
  const live = document.createElement("div");
  live.className = "chart-live";
  live.setAttribute("role", "img");
  live.setAttribute("aria-label", picture.querySelector("img").alt);
  // Vega calls groups of marks symbols without a name: one picture with its description says more.
  const canvas = document.createElement("div");
  canvas.setAttribute("aria-hidden", "true");
  live.append(canvas);
  return live;
}

async function draw(figure) {
  // Vega is half a megabyte, so it comes once a chart comes into sight.
  const [spec] = await Promise.all([fetchSpec(figure), import("./vega.js")]);
  const frame = figure.querySelector(".chart-picture");
  const picture = frame.querySelector("picture");
  const live = frame.querySelector(".chart-live") ?? placeFor(picture);
  picture.hidden = true;
  frame.append(live);
  views.get(figure)?.finalize();
  // ast: expressions are interpreted, since the security policy forbids to evaluate text; styles are in charts.css.
  const drawn = await window.vegaEmbed(live.firstElementChild, fit(spec), {
    ast: true,
    actions: false,
    defaultStyle: false,
    renderer: "svg",
    tooltip: { disableDefaultStyle: true },
  });
  live.classList.toggle("chart-dark", dark.matches);
  views.set(figure, drawn);
  figure.dataset.drawn = "";
}

function tryToDraw(figure) {
  draw(figure).catch((error) => {
    console.error(error);
    figure.querySelector("picture").hidden = false;
    figure.querySelector(".chart-live")?.remove();
  });
}

const figures = document.querySelectorAll("figure[data-spec]");
const watcher = new IntersectionObserver(
  (entries) => {
    for (const entry of entries.filter((one) => one.isIntersecting)) {
      watcher.unobserve(entry.target);
      tryToDraw(entry.target);
    }
  },
  { rootMargin: "200px" },
);
for (const figure of figures) {
  watcher.observe(figure);
}
for (const query of [dark, narrow]) {
  query.addEventListener("change", () => {
    for (const figure of figures) {
      if ("drawn" in figure.dataset) {
        tryToDraw(figure);
      }
    }
  });
}
