// @ts-check
/** Staff shortcuts: data-key on a link, button or field; ? lists the keys of the page. */
import { say } from "web/words";

const EDITABLE = "input:not([type=checkbox]):not([type=radio]):not([type=button]):not([type=submit]), textarea, select, [contenteditable=true]";
const SEQUENCE_MS = 1000;
let pending = "";
let pendingAt = 0;

/** @param {HTMLElement} body */
export function bind(body) {
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.defaultPrevented) return;
    const name = nameOf(event);
    if (!name) return;
    const alone = [...name].length === 1;
    const target = /** @type {HTMLElement} */ (event.target);
    if (alone && (body.dataset.singleKeys === "off" || target.closest(EDITABLE))) return;
    const found = find(sequence(name, alone));
    if (!found) return;
    event.preventDefault();
    use(found);
  });
  for (const opener of body.querySelectorAll("[data-keys-help]")) {
    opener.addEventListener("click", () => help(body.dataset.singleKeys === "off"));
  }
}

/**
 * Name a key as data-key writes it: a, ?, Shift+A, Alt+1, Ctrl+Enter, F2, Shift+F1.
 * @param {KeyboardEvent} event
 */
function nameOf(event) {
  if (["Control", "Alt", "Shift", "Meta", "Process", "Dead"].includes(event.key)) return "";
  const control = event.ctrlKey || event.metaKey;
  // With Alt some layouts write another sign, so the place of the key counts.
  const place = event.altKey && /^(Digit|Key)(.)$/.exec(event.code);
  let key = place ? place[2] : event.key;
  const letter = /^[a-z]$/i.test(key);
  const parts = [];
  if (control) parts.push("Ctrl");
  if (event.altKey) parts.push("Alt");
  if (event.shiftKey && (letter || key.length > 1)) parts.push("Shift");
  if (letter) key = parts.length ? key.toUpperCase() : key.toLowerCase();
  if (key === "Escape") key = "Esc";
  return [...parts, key].join("+");
}

/** Join "g" and "i" pressed within a second to "g i". @param {string} name @param {boolean} alone */
function sequence(name, alone) {
  const both = alone && pending && Date.now() - pendingAt < SEQUENCE_MS ? `${pending} ${name}` : "";
  pending = alone ? name : "";
  pendingAt = Date.now();
  return both ? [both, name] : [name];
}

/** @param {string[]} names */
function find(names) {
  const open = [...document.querySelectorAll("dialog[open]")].at(-1);
  const known = [...(open ?? document).querySelectorAll("[data-key]")];
  for (const name of names) {
    const hit = known.find((one) => one.getAttribute("data-key") === name && usable(/** @type {HTMLElement} */ (one)));
    if (hit) return /** @type {HTMLElement} */ (hit);
  }
  return null;
}

/** @param {HTMLElement} element */
function usable(element) {
  return !(/** @type {HTMLButtonElement} */ (element).disabled) && element.getAttribute("aria-disabled") !== "true" && element.getClientRects().length > 0;
}

/** @param {HTMLElement} element */
function use(element) {
  if (element.matches(EDITABLE)) {
    element.focus();
    if (element instanceof HTMLInputElement) element.select();
  } else {
    element.click();
  }
}

/** Show the keys found on this page. @param {boolean} off */
function help(off) {
  document.getElementById("keys-help")?.remove();
  const dialog = document.createElement("dialog");
  dialog.id = "keys-help";
  dialog.className = "dialog dialog--wide stack stack--3";
  dialog.setAttribute("aria-labelledby", "keys-help-t");
  const head = document.createElement("h2");
  head.id = "keys-help-t";
  head.textContent = say("keys");
  const list = document.createElement("dl");
  list.className = "kv keylist";
  const seen = new Set();
  for (const element of document.querySelectorAll("[data-key]")) {
    const name = element.getAttribute("data-key") ?? "";
    if (seen.has(name) || !usable(/** @type {HTMLElement} */ (element))) continue;
    seen.add(name);
    list.append(...entry(name, labelOf(element)));
  }
  const words = document.createElement("p");
  words.className = "meta";
  words.textContent = off ? say("keys_off") : seen.size ? "" : say("keys_none");
  const close = document.createElement("button");
  close.className = "btn btn--main";
  close.textContent = say("close");
  close.addEventListener("click", () => dialog.close());
  dialog.append(head, words, list, close);
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
}

/** @param {string} name @param {string} label */
function entry(name, label) {
  const [key, words] = [document.createElement("dt"), document.createElement("dd")];
  for (const part of name.split(" ")) {
    const shown = document.createElement("kbd");
    shown.className = "key";
    shown.textContent = part.replace("Shift+F", "⇧F").replaceAll("+", " ");
    key.append(shown, " ");
  }
  words.textContent = label;
  return [key, words];
}

/** @param {Element} element */
function labelOf(element) {
  const given = element.getAttribute("data-key-label") ?? element.getAttribute("aria-label");
  if (given) return given;
  const label = /** @type {HTMLInputElement} */ (element).labels?.[0] ?? element;
  const copy = /** @type {HTMLElement} */ (label.cloneNode(true));
  for (const part of copy.querySelectorAll("kbd, .count, svg")) part.remove();
  return (copy.textContent ?? "").trim();
}
