// @ts-check
/** Copies of a form in this browser: words only, never files, passwords or tokens; a day at most. */

const PREFIX = "gj-form:";
const DAY_MS = 24 * 3600 * 1000;
const LEFT_OUT = new Set(["csrfmiddlewaretoken", "next"]);

/**
 * @typedef {{at: number, fields: [string, string][]}} Copy
 */

/** @param {HTMLFormElement} form @returns {[string, string][]} */
export function fieldsOf(form) {
  const secret = new Set([...form.querySelectorAll("input[type=password], [data-no-copy]")].map((one) => one.getAttribute("name")));
  /** @type {[string, string][]} */
  const fields = [];
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string" && !LEFT_OUT.has(name) && !secret.has(name)) fields.push([name, value]);
  }
  return fields;
}

/** @param {string} name @param {HTMLFormElement} form @returns {boolean} whether there was room */
export function keep(name, form) {
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify({ at: Date.now(), fields: fieldsOf(form) }));
    return true;
  } catch {
    return false;
  }
}

/** @param {string} name @returns {Copy | null} */
export function kept(name) {
  try {
    /** @type {Copy | null} */
    const copy = JSON.parse(localStorage.getItem(PREFIX + name) ?? "null");
    if (copy && Date.now() - copy.at < DAY_MS) return copy;
  } catch {
    // An unreadable copy is no copy.
  }
  forget(name);
  return null;
}

/** @param {string} name */
export function forget(name) {
  try {
    localStorage.removeItem(PREFIX + name);
  } catch {
    // Where nothing can be stored there is nothing to forget.
  }
}

/** @param {string} beginning @returns {string[]} the names of copies, newest first */
export function names(beginning) {
  const found = Object.keys(localStorage).filter((name) => name.startsWith(PREFIX + beginning));
  return found.map((name) => name.slice(PREFIX.length)).sort((one, other) => (kept(other)?.at ?? 0) - (kept(one)?.at ?? 0));
}

/** Put a copy back into the form. @param {HTMLFormElement} form @param {[string, string][]} fields */
export function restore(form, fields) {
  /** @type {Map<string, string[]>} */
  const values = new Map();
  for (const [name, value] of fields) values.set(name, [...(values.get(name) ?? []), value]);
  for (const element of form.elements) {
    const field = /** @type {HTMLInputElement} */ (element);
    if (!field.name || LEFT_OUT.has(field.name) || field.type === "file" || field.type === "password") continue;
    const given = values.get(field.name) ?? [];
    if (field.type === "radio" && !given.length) continue; // nothing was chosen then: what the page proposes stays
    if (field.type === "checkbox" || field.type === "radio") field.checked = given.includes(field.value);
    else if (given.length && field.type !== "submit") field.value = /** @type {string} */ (given.shift());
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

/**
 * Let a form carry on values that have no field in it, without showing them.
 * @param {HTMLFormElement} form @param {[string, string][]} fields @param {string} beginning of their names
 */
export function carryOn(form, fields, beginning) {
  const own = new Set([...form.elements].map((element) => /** @type {HTMLInputElement} */ (element).name));
  for (const [name, value] of fields) {
    if (!name.startsWith(beginning) || own.has(name)) continue;
    const hidden = document.createElement("input");
    Object.assign(hidden, { type: "hidden", name, value });
    form.append(hidden);
  }
}

/** On a sign-out form: whoever signs in next finds nothing here. @param {HTMLElement} form */
export function bind(form) {
  form.addEventListener("submit", () => {
    for (const name of Object.keys(localStorage)) if (name.startsWith(PREFIX)) localStorage.removeItem(name);
  });
}
