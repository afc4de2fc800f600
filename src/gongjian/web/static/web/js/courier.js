// @ts-check
/**
 * Sends what waits, oldest first, each under its own key. Pages and the service worker do it with this same code; only
 * one of them at a time. In the worker there is no import map: the import below is taken out there.
 */
import { forgetPerson, items, keepValue, knownOwner, putItem, tellPages } from "web/pocket";

/** @typedef {import("web/pocket").Item} Item */

const HELLO = "/phone/hello";
const SLOWEST_MS = 5 * 60 * 1000;

/** @typedef {{csrf: string, owner: string}} Who */

/** Say who is signed in and get a token to send with. @returns {Promise<Who | null>} nothing without a signal */
export async function hello() {
  try {
    const answer = await fetch(HELLO, { credentials: "same-origin", cache: "no-store" });
    if (!answer.ok || answer.redirected) return null;
    /** @type {Who} */
    const who = await answer.json();
    await know(who.owner).catch(() => {});
    return who;
  } catch {
    return null;
  }
}

/** Note who is there now. Where somebody else was, what was kept for him to read goes first. @param {string} owner */
async function know(owner) {
  const before = await knownOwner();
  if (before && owner && before !== owner) await forgetPerson();
  await keepValue("who", owner, { owner, days: 30 });
  if (before !== owner) tellPages();
}

/** Send everything that may go now. @param {boolean} [all] also what is to be tried later @returns {Promise<boolean>} whether the server answered */
export function flush(all = false) {
  return navigator.locks ? navigator.locks.request("gj-send", () => round(all)) : round(all);
}

/** @param {boolean} all */
async function round(all) {
  const open = (await items()).filter((item) => item.state !== "sent");
  if (!open.some((item) => item.state === "waiting")) return true;
  const who = await hello();
  if (!who) return false;
  /** @type {Set<string>} matters in which something earlier still waits: what was written later must not overtake it */
  const held = new Set();
  for (const item of open) {
    if (item.owner && item.owner !== who.owner) continue;
    const ready = item.state === "waiting" && (all || item.next <= Date.now()) && !held.has(item.about);
    const sent = ready && (await send(item, who));
    if (!sent && item.about) held.add(item.about);
  }
  return true;
}

/** @param {Item} item @param {Who} who @returns {Promise<boolean>} */
async function send(item, who) {
  const fresh = (await items()).find((one) => one.id === item.id);
  if (!fresh || fresh.state !== "waiting") return false; // dealt with or thrown away meanwhile
  const body = new FormData();
  for (const [name, value] of fresh.fields) body.append(name, value);
  for (const { name, blob } of fresh.photos) body.append("photos", blob, name);
  body.append("owner", fresh.owner);
  const headers = { "Idempotency-Key": fresh.id, "X-CSRFToken": who.csrf, Accept: "application/json" };
  /** @type {Response} */
  let answer;
  try {
    answer = await fetch(fresh.url, { method: "POST", body, headers, credentials: "same-origin", redirect: "manual" });
  } catch {
    await later(fresh, 0);
    return false;
  }
  return settle(fresh, answer);
}

/** @param {Item} item @param {Response} answer */
async function settle(item, answer) {
  const known = (answer.headers.get("Content-Type") ?? "").includes("json");
  const told = known ? await answer.json().catch(() => ({})) : {};
  if (answer.ok && known) {
    await putItem({ ...item, state: "sent", sentAt: Date.now(), answer: told, photos: [] });
    await follow(item, told.version);
    return true;
  }
  if (answer.status === 409 && told.choices) await putItem({ ...item, state: "conflict", answer: told });
  else if ([400, 413, 422].includes(answer.status)) await putItem({ ...item, state: "refused", answer: known ? told : { errors: [] } });
  else await later(item, Number(answer.headers.get("Retry-After")) || 0);
  return false;
}

/** What else was written about this matter was written after this: it goes on from where the matter stands now. @param {Item} item @param {number | undefined} version */
async function follow(item, version) {
  if (!version || !item.about) return;
  const before = value(item, "version");
  for (const other of await items()) {
    if (other.about !== item.about || other.state !== "waiting" || value(other, "version") !== before) continue;
    await putItem({ ...other, fields: withValue(other.fields, "version", String(version)) });
  }
}

/** @param {Item} item @param {string} name */
function value(item, name) {
  return item.fields.find(([one]) => one === name)?.[1] ?? "";
}

/** @param {[string, string][]} fields @param {string} name @param {string} text @returns {[string, string][]} */
export function withValue(fields, name, text) {
  return [...fields.filter(([one]) => one !== name), [name, text]];
}

/** @param {Item} item @param {number} seconds that the server asked for */
async function later(item, seconds) {
  const wait = seconds ? seconds * 1000 : Math.min(SLOWEST_MS, 2000 * 2 ** item.tries);
  await putItem({ ...item, tries: item.tries + 1, next: Date.now() + wait });
}

/**
 * Write one thing down to be sent; from here on it is safe.
 * @param {{url: string, title: string, fields: [string, string][], photos?: {name: string, blob: Blob}[], owner: string, about?: string, id?: string}} what
 * @returns {Promise<Item>}
 */
export async function entrust({ url, title, fields, photos = [], owner, about = "", id = newKey() }) {
  // Never in the place of something else that waits, though both came from pages with the same key.
  const taken = (await items()).some((one) => one.id === id && JSON.stringify(one.fields) !== JSON.stringify(fields));
  /** @type {Item} */
  const item = { id: taken ? newKey() : id, owner, about, url, title, at: Date.now(), fields, photos, count: photos.length, state: "waiting", tries: 0, next: 0, answer: null };
  await putItem(item);
  return item;
}

/** A key nobody can guess; also where the page was not fetched by https. */
export function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
