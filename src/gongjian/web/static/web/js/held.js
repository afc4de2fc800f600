// @ts-check
/** Which window writes which form: what another open window is writing is neither offered nor written over here. */

/** @type {Set<string>} */
const mine = new Set();

/**
 * Take a form for this window until it is closed. Where the browser cannot tell windows apart (no https), each may:
 * the server keeps their drafts apart all the same.
 * @param {string} name @returns {Promise<boolean>} whether it is this window's
 */
export function hold(name) {
  if (mine.has(name) || !navigator.locks) return Promise.resolve(true);
  return new Promise((done) => {
    const keep = (/** @type {Lock | null} */ lock) => {
      if (lock) mine.add(name);
      done(Boolean(lock));
      return lock ? new Promise(() => {}) : Promise.resolve();
    };
    navigator.locks.request(`gj-form:${name}`, { ifAvailable: true }, keep).catch(() => done(true));
  });
}

/** Let this window's address name its draft: a reload, and whoever comes back, finds it again. @param {string} draft */
export function address(draft) {
  const here = new URL(location.href);
  here.searchParams.set("draft", draft);
  history.replaceState(history.state, "", here);
}
