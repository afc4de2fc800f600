// @ts-check
/** Saves a staff form two seconds after the last key; keeps a copy here while the server cannot be reached. */
import { fieldsOf, forget, keep, kept, restore } from "web/store";
import { button, clock, notice, say } from "web/words";

const QUIET_MS = 2000;
const AGAIN_MS = 10000;
const INVALID = 422;

/** @param {HTMLFormElement} form */
export function bind(form) {
  const name = form.dataset.autosaveName ?? form.dataset.autosave ?? location.pathname;
  const state = /** @type {HTMLElement | null} */ (form.querySelector("[data-autosave-state]"));
  let timer = 0;
  let last = JSON.stringify(fieldsOf(form));
  /** @type {HTMLElement | null} */
  let bar = null;

  offer(form, name);

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
    if (now === last) return;
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
      if (answer.ok) saved(now);
      else if (answer.status === INVALID) tell("info", "");
      else keepHere();
    } catch {
      unreachable();
    }
  }

  function saved(/** @type {string} */ fields) {
    last = fields;
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
  window.addEventListener("online", () => bar && later(0));
}

/** A copy from before a crash is offered, never put in unasked. @param {HTMLFormElement} form @param {string} name */
function offer(form, name) {
  const copy = kept(name);
  if (!copy || JSON.stringify(copy.fields) === JSON.stringify(fieldsOf(form))) return;
  const take = button(say("draft_take"), () => {
    restore(form, copy.fields);
    bar.remove();
  });
  const drop = button(say("draft_drop"), () => {
    forget(name);
    bar.remove();
  }, "quiet");
  const bar = notice("soon", say("draft_found", { time: clock(new Date(copy.at)) }), [take, drop]);
  form.prepend(bar);
}
