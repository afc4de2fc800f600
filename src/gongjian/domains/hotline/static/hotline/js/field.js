// @ts-check
/** The field list on a phone: the cases it carries along, the same page with and without a signal. */
import { hello } from "web/courier";
import { dropValue, items, keepValue, keptValue, knownOwner } from "web/pocket";
import { clock, notice } from "web/words";
import { showCase } from "hotline/fieldcase";
import { card, showMap } from "hotline/fieldview";

const LIST = "field:cases";
const DAYS = 1;

/**
 * @typedef {{state: string, word: string, left?: string, icon?: string}} Badge
 * @typedef {{number: string, title: string, url: string, field_url: string, kind: string, topic: string, state: Badge, due_at: string,
 *   due: string, badge: Badge | null, urgent: number, mine: boolean, version: number, acts: string[], acts_signed: string[],
 *   words: string, address: string, lon: number | null, lat: number | null, community: string}} Case
 * @typedef {{owner: string, at: string, cases: Case[]}} Carried
 */

/** @returns {Record<string, string>} */
export const words = () => JSON.parse(document.getElementById("field-words")?.textContent ?? "{}");

/** @param {HTMLElement} root */
export async function bind(root) {
  const base = root.dataset.base ?? "";
  const rest = location.pathname.startsWith(base) ? decodeURIComponent(location.pathname.slice(base.length)) : "";
  const view = { "": "list", map: "map", mine: "mine" }[rest] ?? "case";
  root.querySelector(`[data-part="${view}"]`)?.removeAttribute("hidden");
  root.querySelector(`[data-dock="${view === "case" ? "list" : view}"]`)?.setAttribute("aria-current", "page");
  const draw = async (/** @type {boolean} */ fresh) => {
    const carried = await kept();
    await show(root, view, rest, carried, fresh);
  };
  new BroadcastChannel("gj-pocket").addEventListener("message", () => void draw(false));
  for (const one of root.querySelectorAll("[data-send-now]")) one.addEventListener("click", () => void renew(root).then(() => draw(false)));
  for (const moment of ["online", "gj-sent"]) window.addEventListener(moment, () => void renew(root).then(() => draw(false)));
  const outbox = /** @type {HTMLElement | null} */ (root.querySelector('[data-part="case"] [data-outbox]'));
  if (outbox) outbox.dataset.about = view === "case" ? rest : "";
  await draw(true).catch(() => {});
  await renew(root);
  await draw(false);
  root.dataset.drawn = "";
}

/** Fetch the cases anew; whoever is signed in no longer, or is somebody else, is told so. @param {HTMLElement} root */
async function renew(root) {
  const told = root.querySelector("[data-told]");
  try {
    const answer = await fetch(root.dataset.cases ?? "", { credentials: "same-origin", redirect: "manual", cache: "no-store" });
    if (answer.ok) {
      /** @type {Carried} */
      const carried = await answer.json();
      await hello();
      await keepValue(LIST, carried, { owner: carried.owner, days: DAYS });
      told?.replaceChildren();
    } else if (answer.type === "opaqueredirect" || answer.status === 403) {
      await dropValue(LIST);
      told?.replaceChildren(notice("late", words().other));
    }
  } catch {
    // Without a signal the phone shows what it has.
  }
}

/** What this phone carries for whoever was signed in last. @returns {Promise<{carried: Carried, at: number} | null>} */
async function kept() {
  const found = await keptValue(LIST);
  return found && found.owner === (await knownOwner()) ? { carried: found.value, at: found.at } : null;
}

/**
 * @param {HTMLElement} root
 * @param {string} view
 * @param {string} number
 * @param {{carried: Carried, at: number} | null} found
 * @param {boolean} first
 */
async function show(root, view, number, found, first) {
  const told = words();
  const synced = root.querySelector("[data-synced]");
  if (synced) synced.textContent = found ? told.synced.replace("{time}", clock(new Date(found.at))) : told.never;
  const all = await items();
  const waiting = all.filter((item) => item.state !== "sent");
  const cases = found?.carried.cases ?? [];
  // What was sent since the phone last fetched the list has moved the case on.
  for (const one of cases) for (const item of all) if (item.about === one.number) one.version = Math.max(one.version, item.state === "sent" ? (item.answer?.version ?? 0) : 0);
  const unsent = (/** @type {Case} */ one) => waiting.filter((item) => item.about === one.number);
  if (view === "list") {
    const count = root.querySelector("[data-count]");
    if (count) count.textContent = found ? String(cases.length) : "";
    const empty = document.createElement("li");
    empty.textContent = found ? told.none : told.never;
    root.querySelector("[data-tasks]")?.replaceChildren(...(cases.length ? cases.map((one) => card(one, unsent(one).length)) : [empty]));
  }
  if (view === "map" && (first || found)) showMap(root, cases);
  if (view === "case") {
    const one = cases.find((candidate) => candidate.number === number);
    if (one && found) showCase(root, one, found.carried.owner, unsent(one));
    else if (!first) root.querySelector("[data-told]")?.replaceChildren(notice("soon", told.gone));
  }
}
