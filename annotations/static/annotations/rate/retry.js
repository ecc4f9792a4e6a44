// Waiting before something is tried again.

const WAITS_MS = [1_000, 2_000, 4_000, 8_000, 15_000, 30_000];

/** Wait the longer the more faults came before; a connection that comes back ends the wait. */
export function waitToRetry(faults) {
  return new Promise((resolve) => {
    addEventListener("online", resolve, { once: true });
    setTimeout(resolve, WAITS_MS[Math.min(faults, WAITS_MS.length - 1)]);
  });
}
