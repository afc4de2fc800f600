// @ts-check
/** Saves a staff form two seconds after the last key; keeps a copy here while the server cannot be reached. */
import { ownCopy } from "web/copies";
import { address } from "web/held";
import { fieldsOf, forget, keep } from "web/store";
import { clock, notice, say } from "web/words";

const QUIET_MS = 2000;
const AGAIN_MS = 10000;
const INVALID = 422;

/** @param {HTMLFormElement} form */
export function bind(form) {
  let name = form.dataset.autosaveName ?? form.dataset.autosave ?? location.pathname;
  const state = /** @type {HTMLElement | null} */ (form.querySelector("[data-autosave-state]"));
  let timer = 0;
  let last = ""; // what was saved last; words may stand here that were typed before this was ready
  let under = false; // one at a time: the next says what the last was told
  /** @type {HTMLElement | null} */
  let bar = null;

  ownCopy(form, name, "soon").then((own) => (name = own));

  const later = (/** @type {number} */ wait) => {
    clearTimeout(timer);
    timer = window.setTimeout(save, wait);
  };
  const tell = (/** @type {string} */ mark, /** @type {string} */ words) => {
    if (!state) return;
    state.dataset.s = mark;
    state.textContent = words;
  };

  async function save() {
    const now = JSON.stringify(fieldsOf(form));
    if (now === last && !bar) return;
    if (under) return later(QUIET_MS);
    under = true;
    tell("info", say("saving"));
    try {
      const answer = await fetch(form.dataset.autosave ?? "", {
        method: "POST",
        body: new FormData(form),
        headers: { "HX-Request": "true", "X-Autosave": "1" },
        credentials: "same-origin",
        signal: AbortSignal.timeout(AGAIN_MS),
      });
      // Sent away to sign in: nothing was saved, whatever the status says.
      const sentAway = answer.redirected || answer.headers.has("HX-Redirect");
      if (answer.status >= 500 || sentAway) throw new Error(String(answer.status));
      // 4xx is an answer: the server is there, and the form's own submit will show why. Asking again would not help.
      if (answer.ok) saved(now, answer.headers.get("X-Draft"));
      else if (answer.status === INVALID) tell("info", "");
      else keepHere();
    } catch {
      unreachable();
    } finally {
      under = false;
    }
  }

  function saved(/** @type {string} */ fields, /** @type {string | null} */ told) {
    const same = JSON.stringify(fieldsOf(form)) === fields;
    settle(form, told);
    last = same ? JSON.stringify(fieldsOf(form)) : fields;
    forget(name);
    bar?.remove();
    bar = null;
    tell("ok", say("saved", { time: clock(new Date(), true) }));
    form.dispatchEvent(new CustomEvent("autosave:saved", { bubbles: true }));
  }

  function keepHere() {
    keep(name, form);
    tell("soon", say("draft", { time: clock() }));
  }

  function unreachable() {
    if (!bar?.isConnected) {
      bar = notice("soon", say("kept"));
      form.prepend(bar);
    }
    keepHere();
    later(AGAIN_MS);
  }

  form.addEventListener("input", () => later(QUIET_MS));
  form.addEventListener("change", () => later(QUIET_MS));
  form.addEventListener("submit", () => clearTimeout(timer));
  form.addEventListener("htmx:sendError", unreachable);
  form.addEventListener("htmx:afterRequest", (event) => {
    settle(form, /** @type {CustomEvent} */ (event).detail?.xhr?.getResponseHeader("X-Draft"));
  });
  window.addEventListener("online", () => bar && later(0));
}

/**
 * The server says which draft the form is now: of two windows on one, the later gets its own. The address names it, so
 * that a reload shows it again.
 * @param {HTMLFormElement} form @param {string | null | undefined} told
 */
function settle(form, told) {
  for (const [name, value] of Object.entries(JSON.parse(told || "{}"))) {
    const field = form.elements.namedItem(name);
    if (field instanceof HTMLInputElement) field.value = String(value);
    if (name === form.dataset.autosaveBy) address(String(value));
  }
}
