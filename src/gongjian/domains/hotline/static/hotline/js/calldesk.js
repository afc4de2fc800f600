// @ts-check
/** The call-taker's form: asks before it is cleared, opens what a key needs, puts emergencies through first. */

import { address, hold } from "web/held";

const TYPED = ["phone", "name", "behalf_name", "title", "topic_text", "address", "description", "text"];

/** @param {HTMLFormElement} form */
export function bind(form) {
  const field = (/** @type {string} */ name) => /** @type {HTMLInputElement | null} */ (form.elements.namedItem(name));
  const filled = (/** @type {string} */ name) => Boolean(field(name)?.value.trim());

  /** What a press needs first; true keeps the form from being sent. @type {Record<string, () => boolean>} */
  const first = {
    new: () => TYPED.some(filled) && ask("ask-new"),
    answer: () => !(filled("text") && filled("source")) && open("onspot", filled("text") ? "source" : "text"),
    reject: () => !form.querySelector("input[name=reason]:checked") && open("refuse", ""),
    110: () => transfer("110"),
    119: () => transfer("119"),
    120: () => transfer("120"),
  };

  form.addEventListener(
    "submit",
    (event) => {
      const act = /** @type {HTMLButtonElement | null} */ (event.submitter)?.value ?? "";
      if (!first[act]?.()) return;
      event.preventDefault();
      event.stopImmediatePropagation();
    },
    true,
  );

  /** @param {string} id @param {string} name */
  function open(id, name) {
    const part = /** @type {HTMLDetailsElement} */ (document.getElementById(id));
    part.open = true;
    const wanted = name ? field(name) : part.querySelector("input");
    wanted?.focus();
    wanted?.scrollIntoView({ block: "nearest" });
    return true;
  }

  /** Say the number big at once; the case that is written afterwards carries it. @param {string} service */
  function transfer(service) {
    const [kept, urgent] = [field("transfer"), field("urgent")];
    if (kept) kept.value = service;
    if (urgent) urgent.checked = true;
    for (const place of document.querySelectorAll("[data-service-number]")) place.textContent = service;
    document.getElementById("sent-on")?.removeAttribute("hidden");
    urgent?.dispatchEvent(new Event("change", { bubbles: true }));
    form.dispatchEvent(new Event("input", { bubbles: true }));
    return ask("transfer");
  }

  document.getElementById("transfer")?.addEventListener("close", () => field("description")?.focus());

  // The address names the draft, so that a reload shows it again; a draft that another window is writing stays there.
  const token = field("token")?.value ?? "";
  hold(`intake:${token}`).then((mine) => {
    if (!("resumed" in form.dataset) || new URLSearchParams(location.search).has("draft")) return;
    if (mine) address(token);
    else location.replace("?new=1");
  });

  // A number typed with full-width digits is shown as everybody writes it.
  form.addEventListener("change", (event) => {
    const typed = /** @type {HTMLInputElement} */ (event.target);
    if (typed.type === "tel") typed.value = typed.value.normalize("NFKC").trim();
  });

  form.addEventListener("click", (event) => {
    const jump = /** @type {Element} */ (event.target).closest("[data-jump]");
    const link = jump && document.querySelector(`#${jump.getAttribute("data-jump")}-rows a`);
    if (link instanceof HTMLElement) link.focus();
  });

  // In a list of cases the arrows move on, and Escape leads back to where one was writing.
  form.addEventListener("keydown", (event) => {
    const list = /** @type {Element} */ (event.target).closest(".mini");
    const links = list ? /** @type {HTMLElement[]} */ ([...list.querySelectorAll("a")]) : [];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!links.length || (!step && event.key !== "Escape")) return;
    event.preventDefault();
    const at = links.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    if (step) links[Math.min(Math.max(at + step, 0), links.length - 1)].focus();
    else field("description")?.focus();
  });

  // Enter in a line of text is no decision; Ctrl+Enter, F9 and the buttons are.
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.ctrlKey && event.target instanceof HTMLInputElement) event.preventDefault();
  });

  if (!document.activeElement?.closest("main form, #errors")) field(filled("phone") ? "description" : "phone")?.focus();
}

/** @param {string} id */
function ask(id) {
  const dialog = /** @type {HTMLDialogElement | null} */ (document.getElementById(id));
  if (dialog && !dialog.open) dialog.showModal();
  return true;
}
