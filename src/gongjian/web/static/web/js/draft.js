// @ts-check
/** A local draft of a public form: kept while typing, offered on return, sent when the signal is back. */
import { ownCopy } from "web/copies";
import { forget, keep } from "web/store";
import { announce, clock, notice, say } from "web/words";

const QUIET_MS = 800;

/** @param {HTMLElement} element a form with data-draft="name", or anything with data-draft-done="name" */
export function bind(element) {
  if (element.dataset.draftDone) return forget(element.dataset.draftDone);
  return element instanceof HTMLFormElement ? draft(element, element.dataset.draft || location.pathname) : undefined;
}

/** @param {HTMLFormElement} form @param {string} base */
function draft(form, base) {
  let timer = 0;
  let name = base;
  const state = document.querySelector("[data-draft-state]");
  const write = () => {
    if (keep(name, form) && state) state.textContent = say("draft", { time: clock() });
  };
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(write, QUIET_MS);
  });
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    write();
    // Where the service worker stands, the page that works without a signal comes instead.
    if (!navigator.onLine && !navigator.serviceWorker?.controller) wait(form, event);
  });
  ownCopy(form, base, "info").then((own) => (name = own));
}

/** Without a signal the form waits here and goes by itself. @param {HTMLFormElement} form @param {SubmitEvent} event */
function wait(form, event) {
  event.preventDefault();
  const submitter = event.submitter;
  form.querySelector("[data-draft-waits]")?.remove();
  const bar = notice("soon", say("offline"));
  bar.setAttribute("data-draft-waits", "");
  form.append(bar);
  announce(say("offline"));
  window.addEventListener("online", () => form.requestSubmit(submitter), { once: true });
}
