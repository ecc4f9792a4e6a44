// Asking the server, which may be out of reach.

import { gettext } from "../texts.js";

const TIMEOUT_MS = 20_000;

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
    return response.ok ? pairIn(await response.text()) : null;
  } catch {
    return undefined;
  }
}

/** A pair's element of its HTML; null if there is none. */
export function pairIn(html) {
  return new DOMParser().parseFromString(html, "text/html").querySelector("[data-pair]");
}

/** A key by which the server knows what it was told before. */
export function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  // randomUUID exists in secure contexts only; a site in a local network often is none.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/u, "$1-$2-$3-$4-$5");
}
