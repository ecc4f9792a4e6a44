// Finds what is cut off, covered or outside this window, each fault as a short text: globalThis.findFaults().
// A control is in reach if it can be scrolled to and nothing lies over it.

const CONTROLS = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]';
const AIR = 1;

const styleOf = (element) => getComputedStyle(element);
const boxOf = (element) => element.getBoundingClientRect();
const sticksOut = (element) => boxOf(element).right > innerWidth + AIR;
const scrolls = (element) =>
  ["auto", "scroll"].includes(styleOf(element).overflowX) && element.scrollWidth > element.clientWidth + AIR;

function named(element) {
  const words = (element.getAttribute("aria-label") || element.textContent || element.name || "").trim();
  const id = element.id ? `#${element.id}` : "";
  const classes = element.getAttribute("class");
  return `<${element.tagName.toLowerCase()}${id}${classes ? ` class="${classes}"` : ""}> ${words.slice(0, 40)}`;
}

function isInside(element, test) {
  for (let at = element; at && at !== document.body; at = at.parentElement) {
    if (test(at)) return true;
  }
  return false;
}

// A text that only screen readers say, or a link that appears when it has the focus.
function isForScreenReaders(element) {
  if (!["absolute", "fixed"].includes(styleOf(element).position)) return false;
  return boxOf(element).width <= 1 || boxOf(element).bottom + scrollY <= 0;
}

function isShown(element) {
  const visible = element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  return visible && !isInside(element, isForScreenReaders);
}

function tooWide() {
  const { scrollWidth } = document.documentElement;
  if (scrollWidth <= innerWidth + AIR) return [];
  const outside = [...document.querySelectorAll("body *")].filter((element) => {
    const innermost = sticksOut(element) && ![...element.children].some((child) => sticksOut(child));
    return innermost && isShown(element) && !isInside(element, scrolls);
  });
  const page = `the page is ${scrollWidth} wide in a window of ${innerWidth}`;
  return [page, ...outside.map((element) => `sticks out: ${named(element)}`)];
}

function cutOff(element) {
  if (element.scrollWidth <= element.clientWidth + AIR || element.closest("svg") || !isShown(element)) return [];
  const hasWords = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
  if (hasWords && ["hidden", "clip"].includes(styleOf(element).overflowX)) return [`text cut off: ${named(element)}`];
  const hasKeys = element.tabIndex >= 0 || element.querySelector(CONTROLS);
  return scrolls(element) && !hasKeys ? [`no key scrolls: ${named(element)}`] : [];
}

const between = (least, value, most) => Math.min(Math.max(value, least), most);

function outOfReach(control) {
  if (control.closest("svg") || control.disabled || !isShown(control)) return [];
  control.scrollIntoView({ block: "center", inline: "nearest", behavior: "instant" });
  const [box] = control.getClientRects();
  if (!box || !box.width || !box.height) return [];
  if (!isInside(control.parentElement, scrolls) && (box.left < -AIR || box.right > innerWidth + AIR)) {
    return [`outside the window: ${named(control)}`];
  }
  const x = between(1, box.left + box.width / 2, innerWidth - 2);
  const y = between(1, box.top + Math.min(box.height, innerHeight) / 2, innerHeight - 2);
  const top = document.elementFromPoint(x, y);
  const parts = [control, ...(control.labels || [])];
  if (top && (top.contains(control) || parts.some((part) => part.contains(top)))) return [];
  return [`covered: ${named(control)} by ${top ? named(top) : "nothing"}`];
}

// Menus lie over the page while they are open, so each is opened alone.
function outOfReachInMenu(menu) {
  menu.open = true;
  const found = [...menu.querySelectorAll(CONTROLS)].flatMap((control) => outOfReach(control));
  menu.open = false;
  return found;
}

function pixels(length) {
  return Number(length.replace("px", ""));
}

// A choice that cannot be read to its end. What people named may be longer: it ends in dots once it is chosen.
function cutChoice(select) {
  if (select.multiple || select.size > 1 || !isShown(select)) return [];
  const style = styleOf(select);
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = `${style.fontStyle} ${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
  const room = select.clientWidth - pixels(style.paddingLeft) - pixels(style.paddingRight);
  return [...select.selectedOptions]
    .filter((option) => pen.measureText(option.text).width > room + AIR)
    .map((option) => `choice cut off: ${named(select)}: ${option.text}`);
}

// Without what has a language of its own: that is somebody's.
function ownWords() {
  const { lang } = document.documentElement;
  const theirs = [...document.querySelectorAll("body [lang]")].filter((one) => one.lang !== lang);
  for (const one of theirs) one.style.setProperty("display", "none", "important");
  const words = document.body.innerText;
  for (const one of theirs) one.style.removeProperty("display");
  return words;
}

// On a Chinese page: a space behind a full-width mark, or a half-width mark behind a character.
function wrongMarks() {
  if (!document.documentElement.lang.startsWith("zh")) return [];
  const lines = ownWords().split("\n");
  return lines
    .flatMap((line) => line.match(/.{0,12}(?:[。；：，、）] +[^\s]|\p{Script=Han}\)?(?: ?[,:;!?(]|\.(?!\w))).{0,12}/gu) || [])
    .map((words) => `marks of another language: ${words}`);
}

globalThis.findFaults = () => {
  const all = [...document.querySelectorAll("body *")];
  const controls = [...document.querySelectorAll(CONTROLS)];
  const menus = [...document.querySelectorAll("details:is(.menu, .downloads)")];
  const found = [
    ...tooWide(),
    ...all.flatMap((element) => cutOff(element)),
    ...controls.flatMap((control) => outOfReach(control)),
    ...[...document.querySelectorAll("select")].flatMap((select) => cutChoice(select)),
    ...wrongMarks(),
    ...menus.flatMap((menu) => outOfReachInMenu(menu)),
  ];
  scrollTo(0, 0);
  return [...new Set(found)];
};
