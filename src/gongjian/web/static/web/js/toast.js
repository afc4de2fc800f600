// @ts-check
/** Short confirmations, and what htmx could not fetch. Never the only trace of an act. */
import { announce, button, icon, say } from "web/words";

const STAYS_MS = 8000;

/** @param {HTMLElement} element the place of toasts, or a server's message that may leave by itself */
export function bind(element) {
  if (element.id === "toasts") return listen();
  if (document.documentElement.dataset.density !== "staff" || element.dataset.s !== "ok") return undefined;
  toast(element.textContent?.trim() ?? "");
  return element.remove();
}

function listen() {
  document.body.addEventListener("toast", (event) => {
    const { words, value, undo } = /** @type {CustomEvent} */ (event).detail ?? {};
    toast(words ?? value ?? "", undo);
  });
  document.body.addEventListener("htmx:responseError", (event) => {
    const { xhr } = /** @type {CustomEvent} */ (event).detail;
    failed(xhr?.getResponseHeader("X-Reference") ?? "", event);
  });
  document.body.addEventListener("htmx:sendError", (event) => failed("", event));
  document.body.addEventListener("htmx:timeout", (event) => failed("", event));
}

/**
 * Show a confirmation for eight seconds; longer while it is under the pointer or has focus.
 * @param {string} words
 * @param {string} [undo] address that takes the act back
 */
export function toast(words, undo) {
  const place = document.getElementById("toasts");
  if (!place || !words) return;
  const box = document.createElement("p");
  box.className = "toast";
  box.append(icon("check-circle"), words);
  if (undo) {
    const link = document.createElement("button");
    link.type = "button";
    link.textContent = say("undo");
    link.setAttribute("hx-post", undo);
    link.setAttribute("hx-swap", "none");
    box.append(link);
    // @ts-ignore htmx is a classic script
    window.htmx?.process(link);
  }
  place.append(box);
  leave(box);
}

/** @param {HTMLElement} box */
function leave(box) {
  setTimeout(() => (box.matches(":hover, :focus-within") ? leave(box) : box.remove()), STAYS_MS);
}

/**
 * Say at the place that what was asked for did not come, and offer to try again.
 * @param {string} reference
 * @param {Event} event
 */
function failed(reference, event) {
  const asked = /** @type {HTMLElement | null} */ (event.target instanceof HTMLElement ? event.target : null);
  document.getElementById("failed")?.remove();
  const box = document.createElement("div");
  box.id = "failed";
  box.className = "card card--late line";
  const words = document.createElement("p");
  words.textContent = say("failed") + (reference ? ` ${reference}` : "");
  box.append(words);
  if (asked?.isConnected && asked !== document.body) {
    box.append(
      button(say("retry"), () => {
        box.remove();
        if (asked instanceof HTMLFormElement) asked.requestSubmit();
        else asked.click();
      }),
    );
  }
  document.getElementById("toasts")?.append(box);
  announce(words.textContent);
}
