// @ts-check
/** A local draft of a public form: kept while typing, offered on return, sent when the signal is back. */
import { fieldsOf, forget, keep, kept, restore } from "web/store";
import { announce, button, clock, notice, say } from "web/words";

const QUIET_MS = 800;

/** @param {HTMLElement} element a form with data-draft="name", or anything with data-draft-done="name" */
export function bind(element) {
  if (element.dataset.draftDone) return forget(element.dataset.draftDone);
  return element instanceof HTMLFormElement ? draft(element, element.dataset.draft || location.pathname) : undefined;
}

/** @param {HTMLFormElement} form @param {string} name */
function draft(form, name) {
  let timer = 0;
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
  offer(form, name);
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

/** @param {HTMLFormElement} form @param {string} name */
function offer(form, name) {
  const copy = kept(name);
  const filled = copy?.fields.some(([, value]) => value.trim());
  if (!copy || !filled || JSON.stringify(copy.fields) === JSON.stringify(fieldsOf(form))) return;
  const bar = notice("info", say("draft_found", { time: clock(new Date(copy.at)) }), [
    button(say("draft_take"), () => {
      restore(form, copy.fields);
      bar.remove();
    }),
    button(
      say("draft_drop"),
      () => {
        forget(name);
        bar.remove();
      },
      "quiet",
    ),
  ]);
  bar.classList.add("notice--acts");
  form.prepend(bar);
}
