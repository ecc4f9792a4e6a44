// What was said and is not acknowledged by the server yet: kept in the browser, sent in order, for as long as it takes.

import { gettext } from "./texts.js";

const TIMEOUT_MS = 20_000;

// Everything is kept by the address of the study's rating page.
const kept = (what, name) => `punchweight.${what}.${name}`;

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key)) ?? [];
  } catch {
    return [];
  }
}

function write(key, value) {
  try {
    if (value.length) localStorage.setItem(key, JSON.stringify(value));
    else localStorage.removeItem(key);
  } catch {
    // No storage in this browser: answers are still sent, they just do not survive a reload.
  }
}

export class Outbox {
  constructor(name) {
    this.key = kept("unsaved", name);
    this.items = read(this.key);
  }

  /** Whether a reload finds it again. */
  isKept() {
    return read(this.key).length >= this.items.length;
  }

  // Another tab of the same study keeps there what it has not sent yet.
  add(item) {
    this.items.push(item);
    write(this.key, [...read(this.key), item]);
  }

  remove(clientKey) {
    const others = (item) => item.client_key !== clientKey;
    this.items = this.items.filter(others);
    write(this.key, read(this.key).filter(others));
  }
}

/** Post a form: the server's JSON once it answered, {stale} if the page is too old, {fault} if nobody knows. */
export async function post(url, fields, csrfToken) {
  const body = new URLSearchParams(fields);
  body.set("csrfmiddlewaretoken", csrfToken);
  try {
    const response = await fetch(url, {
      method: "POST",
      body,
      headers: { Accept: "application/json" },
      keepalive: true,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const isJson = response.headers.get("Content-Type")?.startsWith("application/json");
    if (response.status === 403 && !isJson) return { stale: true };
    if (!isJson || response.status >= 500) return { fault: gettext("the server has a fault") };
    return await response.json();
  } catch {
    return { fault: gettext("no connection") };
  }
}

/** A pair's element from the server; null if there is none; undefined if the server could not be asked. */
export async function fetchPair(url) {
  try {
    const response = await fetch(url, { headers: { "X-Fragment": "1" }, signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (response.status >= 500) return undefined;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    return response.ok ? page.querySelector("[data-pair]") : null;
  } catch {
    return undefined;
  }
}

/** Median time per pair of a study in this browser. */
export class Pace {
  constructor(name) {
    this.key = kept("pace", name);
  }

  add(ms) {
    write(this.key, [...read(this.key), Math.round(ms)].slice(-30));
  }

  left(pairs) {
    const times = read(this.key).sort((a, b) => a - b);
    if (times.length < 3 || pairs < 1) return "";
    const middle = times.length / 2;
    const median = (times[Math.floor(middle)] + times[Math.ceil(middle) - 1]) / 2;
    const minutes = Math.max(1, Math.round((median * pairs) / 60_000));
    if (minutes < 60) return gettext("about {minutes} min left", { minutes });
    return gettext("about {hours} h {minutes} min left", { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
  }
}

/** What somebody typed and did not save yet, by pair. */
export class Drafts {
  constructor(name) {
    this.key = kept("draft", name);
  }

  of(token) {
    return read(`${this.key}${token}`)[0] ?? "";
  }

  keep(token, text) {
    write(`${this.key}${token}`, text ? [text] : []);
  }
}

/** Nothing of the study stays in this browser. */
export function forget(name) {
  const ours = ["unsaved", "pace", "draft"].map((what) => kept(what, name));
  try {
    for (const key of Object.keys(localStorage)) if (ours.some((start) => key.startsWith(start))) localStorage.removeItem(key);
  } catch {
    // No storage in this browser, and so nothing in it.
  }
}

export function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  // randomUUID exists in secure contexts only; a site in a local network often is none.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
