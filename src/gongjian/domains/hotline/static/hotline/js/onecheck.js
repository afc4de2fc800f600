// @ts-check
/** What a step of the phone's report still lacks, and the answers of all steps on one list. The server checks again. */

import { say } from "web/words";
import { missing, said } from "hotline/asked";

const LEAST_DIGITS = 7;

/** @typedef {{step: string, next: string, send: string, change: string, nothing: string, point: string, photos: string, faults: Record<string, string>, labels: Record<string, string>}} Words */

/** @returns {Words} */
export function words() {
  return JSON.parse(document.getElementById("onephone-words")?.textContent ?? "{}");
}

/** @param {HTMLFormElement} form @param {string} name @returns {string} */
function value(form, name) {
  const given = new FormData(form).get(name);
  return typeof given === "string" ? given.trim() : "";
}

/** @param {HTMLFormElement} form @param {string} step @returns {[string, string][]} name of the field, words */
export function fault(form, step) {
  const told = words().faults;
  const has = (/** @type {string} */ name) => Boolean(value(form, name));
  if (step === "what" && !["words", "topic", "description"].some(has)) return [["words", told.what]];
  if (step === "where" && !["address", "community", "lon", "unknown"].some(has)) return [["address", told.where]];
  if (step === "describe") return [...(has("description") ? [] : [/** @type {[string, string]} */ (["description", told.describe])]), ...missing(form)];
  if (step !== "contact") return [];
  const digits = (/** @type {string} */ name) => value(form, name).normalize("NFKC").replace(/\D/g, "").length;
  /** @type {[string, string][]} */
  const wrong = [];
  for (const name of ["phone", "behalf_phone"]) if (has(name) && digits(name) < LEAST_DIGITS) wrong.push([name, told.phone]);
  if (has("consent") && !has("phone")) wrong.push(["phone", told.consent]);
  if (has("email") && !/^\S+@\S+\.\S+$/.test(value(form, "email").normalize("NFKC"))) wrong.push(["email", told.email]);
  return wrong;
}

/** @param {HTMLFormElement} form @param {HTMLElement} list @param {(step: string) => void} go */
export function answers(form, list, go) {
  const told = words();
  const photos = /** @type {HTMLInputElement | null} */ (form.querySelector("input[type=file]"))?.files?.length ?? 0;
  const place = [value(form, "address"), picked(form, "community"), value(form, "lon") && told.point].filter(Boolean);
  const reach = ["name", "phone", "email"].map((name) => value(form, name)).filter(Boolean);
  const behalf = ["behalf_name", "behalf_phone"].map((name) => value(form, name)).filter(Boolean);
  const about = [picked(form, "kind"), value(form, "topic") && picked(form, "topic"), value(form, "words")].filter(Boolean);
  /** @type {[string, string, string][]} */
  const lines = [
    [told.labels.what, about.join("　"), "what"],
    [told.labels.where, place.join("　") || told.labels.unknown, "where"],
    [told.labels.describe, value(form, "description"), "describe"],
    ...said(form).map(([label, text]) => /** @type {[string, string, string]} */ ([label, text, "describe"])),
    [told.labels.photos, photos ? told.photos.replace("{n}", String(photos)) : told.nothing, "describe"],
    [told.labels.contact, reach.join("　") || told.labels.anonymous, "contact"],
  ];
  if (behalf.length) lines.push([told.labels.behalf, behalf.join("　"), "contact"]);
  list.replaceChildren(...lines.map(([label, text, step]) => row(label, text, () => go(step), told.change)));
}

/** @param {HTMLFormElement} form @param {string} name @returns {string} words of the chosen option */
function picked(form, name) {
  const found = form.querySelector(`[name="${name}"]:checked`);
  return found instanceof HTMLInputElement && found.value ? (found.closest("label")?.textContent ?? "").trim() : "";
}

/** @param {string} label @param {string} text @param {() => void} act @param {string} change */
function row(label, text, act, change) {
  const [made, term, said, right] = ["div", "dt", "dd", "dd"].map((name) => document.createElement(name));
  term.textContent = label;
  said.textContent = text;
  right.className = "answers__change";
  const button = document.createElement("button");
  const hidden = document.createElement("span");
  [button.type, button.className, hidden.className, hidden.textContent] = ["button", "btn btn--quiet", "vh", label];
  button.append(change, hidden);
  button.addEventListener("click", act);
  right.append(button);
  made.append(term, said, right);
  return made;
}

/** @param {HTMLFormElement} form @param {[string, string][]} wrong name of the field, words */
export function complain(form, wrong) {
  const box = part(form, "[data-faults]");
  box.replaceChildren(
    ...wrong.map(([name, text]) => {
      const field = name && form.querySelector(`[name="${name}"]:not([type=hidden])`);
      const made = document.createElement(field ? "a" : "p");
      made.textContent = text;
      if (field && made instanceof HTMLAnchorElement) made.href = `#${field.id}`;
      return made;
    }),
  );
  box.hidden = !wrong.length;
  if (wrong.length) box.focus();
}

/** @param {unknown} error */
export const trouble = (error) => say(error instanceof DOMException && error.name === "QuotaExceededError" ? "pocket_full" : "pocket_none");

/** @param {HTMLFormElement} form @param {string} selector @returns {HTMLElement} */
export const part = (form, selector) => /** @type {HTMLElement} */ (form.querySelector(selector));
