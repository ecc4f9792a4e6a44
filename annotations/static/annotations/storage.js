// What a study keeps in this browser, by the address of its rating page.

const KINDS = ["unsaved", "pace", "draft"];

/** The key of what is kept; name: the address of the rating page. */
export function keyOf(kind, name) {
  return `punchweight.${kind}.${name}`;
}

/** A list; an empty one if nothing is kept. */
export function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key)) ?? [];
  } catch {
    return [];
  }
}

export function write(key, list) {
  try {
    if (list.length) localStorage.setItem(key, JSON.stringify(list));
    else localStorage.removeItem(key);
  } catch {
    // No storage in this browser: answers are still sent, they just do not survive a reload.
  }
}

/** Nothing of the study stays in this browser. */
export function forget(name) {
  const starts = KINDS.map((kind) => keyOf(kind, name));
  try {
    for (const key of Object.keys(localStorage)) {
      if (starts.some((start) => key.startsWith(start))) localStorage.removeItem(key);
    }
  } catch {
    // No storage in this browser, and so nothing in it.
  }
}
