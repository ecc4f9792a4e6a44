// Puts the live chart in the place of the server's picture, and copies texts. Without this script the pictures stay.
(() => {
  "use strict";

  const dark = matchMedia("(prefers-color-scheme: dark)");
  const narrow = matchMedia("(max-width: 40rem)");
  const vegaAddress = document.currentScript.dataset.vega;
  const views = new WeakMap();
  let vega = null;

  // Half a megabyte, so only once a chart comes into sight.
  function loadVega() {
    vega ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.type = "module";
      script.src = vegaAddress;
      script.onload = resolve;
      script.onerror = reject;
      document.head.append(script);
    });
    return vega;
  }

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
    const [spec] = await Promise.all([fetchSpec(figure), loadVega()]);
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

  // ---- texts to copy

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
})();
