// @ts-check
/** One case on the phone: what it says, and what can be done on the spot. Each act is written down first, then sent. */
import { entrust, flush, newKey } from "web/courier";
import { button, notice, say } from "web/words";
import { words } from "hotline/field";
import { badge, dueBadge, place } from "hotline/fieldview";

/** @typedef {import("hotline/field").Case} Case */
/** @typedef {import("web/pocket").Item} Item */

/** @type {{one: Case, owner: string} | null} what the page shows now; the handlers below are bound once */
let shown = null;

/** @param {HTMLElement} root @param {Case} one @param {string} owner @param {Item[]} unsent */
export function showCase(root, one, owner, unsent) {
  const first = shown === null;
  shown = { one, owner };
  const facts = { number: one.number, title: one.title, place: place(one), words: one.words };
  for (const [name, text] of Object.entries(facts)) {
    const spot = root.querySelector(`[data-fact="${name}"]`);
    if (spot && spot.textContent !== text) spot.textContent = text;
  }
  root.querySelector("[data-badges]")?.replaceChildren(dueBadge(one), badge(one.state, "badge"));
  link(root, "[data-geo]", one.lat === null ? "" : `geo:${one.lat},${one.lon}?q=${one.lat},${one.lon}(${encodeURIComponent(one.title)})`);
  link(root, "[data-open]", one.url);
  const open = acts(one, unsent);
  for (const part of root.querySelectorAll("[data-act]")) part.toggleAttribute("hidden", !open.includes(/** @type {HTMLElement} */ (part).dataset.act ?? ""));
  if (first) listen(root);
}

/** What may be done next, counting what is written down but not yet sent. @param {Case} one @param {Item[]} unsent */
function acts(one, unsent) {
  const queued = new Set(unsent.map((item) => item.url.split("/").pop()));
  const open = queued.has("sign") ? [...new Set([...one.acts, ...one.acts_signed])] : one.acts;
  return open.filter((name) => !(["sign", "start"].includes(name) && queued.has(name)));
}

/** @param {HTMLElement} root @param {string} selector @param {string} url */
function link(root, selector, url) {
  const found = /** @type {HTMLAnchorElement | null} */ (root.querySelector(selector));
  if (!found) return;
  found.hidden = !url;
  if (url) found.href = url;
}

/** @param {HTMLElement} root */
function listen(root) {
  for (const part of root.querySelectorAll("button[data-act]")) {
    part.addEventListener("click", () => void write(root, /** @type {HTMLElement} */ (part).dataset.act ?? "", [], []));
  }
  for (const found of root.querySelectorAll("form[data-act]")) {
    const form = /** @type {HTMLFormElement} */ (found);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void submit(root, form);
    });
  }
}

/** @param {HTMLElement} root @param {HTMLFormElement} form */
async function submit(root, form) {
  const act = form.dataset.act ?? "";
  /** @type {[string, string][]} */
  const fields = [];
  /** @type {{name: string, blob: Blob}[]} */
  const photos = [];
  for (const [name, value] of new FormData(form)) {
    if (value instanceof File) value.size && photos.push({ name: value.name, blob: value });
    else if (name !== "version") fields.push([name, value.trim()]);
  }
  const text = fields.find(([name]) => name === (act === "note" ? "text" : "remark"));
  if (text && !text[1] && photos.length) text[1] = words().photos_only.replace("{n}", String(photos.length));
  if (!text?.[1]) return tell(root, "late", words()[`empty_${act}`]);
  if (!(await write(root, act, fields, photos))) return;
  form.reset();
  form.dispatchEvent(new CustomEvent("photos:clear"));
}

/**
 * Write an act down; only then is the form emptied.
 * @param {HTMLElement} root
 * @param {string} act
 * @param {[string, string][]} fields
 * @param {{name: string, blob: Blob}[]} photos
 */
async function write(root, act, fields, photos) {
  if (!shown) return false;
  const { one, owner } = shown;
  const said = fields.find(([name]) => ["text", "remark"].includes(name))?.[1] ?? "";
  const title = `${words()[act]}　${one.title}${said ? `：${said.slice(0, 20)}` : ""}`;
  try {
    const url = `${one.field_url}/${act}`;
    await entrust({ id: newKey(), url, title, fields: [...fields, ["version", String(one.version)]], photos, owner, about: one.number });
  } catch (error) {
    tell(root, "late", say(error instanceof DOMException && error.name === "QuotaExceededError" ? "pocket_full" : "pocket_none"));
    return false;
  }
  tell(root, "ok", words().stored);
  const registration = /** @type {any} */ (await navigator.serviceWorker?.getRegistration());
  registration?.sync?.register("gj-send").catch(() => {});
  void flush(true).then(() => window.dispatchEvent(new Event("gj-sent")));
  return true;
}

/** @param {HTMLElement} root @param {string} state @param {string} text */
function tell(root, state, text) {
  const box = notice(state, text);
  box.append(button(say("close"), () => box.remove(), "quiet"));
  const told = root.querySelector("[data-told]");
  told?.replaceChildren(box);
  box.scrollIntoView({ block: "nearest" });
}
