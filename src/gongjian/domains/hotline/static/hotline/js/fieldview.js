// @ts-check
/** Cases as cards and as points of a map; the list under the map names the same points. */
import { icon } from "web/words";
import { words } from "hotline/field";

/** @typedef {import("hotline/field").Case} Case */
/** @typedef {import("hotline/field").Badge} Badge */

const DUE_ICONS = { ok: "clock", soon: "hourglass", late: "alert", hold: "pause" };

/** How long is left was true when the phone last heard of it; what has run out since is late. @param {Case} one @returns {Badge} */
function due(one) {
  const over = one.due_at && new Date(one.due_at).getTime() < Date.now() && one.badge?.state !== "hold";
  if (over) return { state: "late", word: words().late };
  return one.badge ?? { state: "hold", word: one.state.word };
}

/** @param {Badge} badge @param {string} kind */
export function badge({ state, word, left = "", icon: drawing = "" }, kind) {
  const made = document.createElement("span");
  made.className = kind;
  made.dataset.s = state;
  const bold = document.createElement("b");
  bold.textContent = word;
  const name = drawing || (kind === "due" ? DUE_ICONS[/** @type {keyof typeof DUE_ICONS} */ (state)] : "");
  made.append(...(name ? [icon(name)] : []), kind === "due" ? bold : word, left ? ` ${left}` : "");
  return made;
}

/** Facts of a meta line: in Chinese parted by an ideographic space. @param {string[]} facts */
const joined = (facts) => facts.filter(Boolean).join(document.documentElement.lang === "en" ? ", " : "　");

/** @param {Case} one */
export const place = (one) => joined([one.community, one.address]);

/** @param {Case} one @param {number} unsent */
export function card(one, unsent) {
  const made = document.createElement("li");
  made.className = "task";
  const link = document.createElement("a");
  link.href = one.field_url;
  const line = document.createElement("div");
  line.className = "line line--apart";
  const whose = document.createElement("span");
  whose.className = "meta";
  whose.textContent = one.mine ? words().mine : words().unit;
  line.append(badge(due(one), "due"), whose);
  const title = document.createElement("h2");
  title.textContent = one.title;
  const where = document.createElement("p");
  where.className = "soft small";
  where.textContent = joined([place(one), one.due && words().before.replace("{due}", one.due)]);
  link.append(line, title, where);
  if (unsent) link.append(badge({ state: "hold", word: words().queued.replace("{n}", String(unsent)), icon: "upload" }, "badge"));
  made.append(link);
  return made;
}

/** @param {Case} one */
export const dueBadge = (one) => badge(due(one), "due");

/** The map is bound once it has its points; cases without a point are in the list alone. @param {HTMLElement} root @param {Case[]} cases */
export function showMap(root, cases) {
  const list = root.querySelector("[data-places]");
  const box = /** @type {HTMLElement | null} */ (root.querySelector("#map"));
  if (!list || !box) return;
  const placed = cases.filter((one) => one.lat !== null && one.lon !== null);
  const others = cases.filter((one) => !placed.includes(one));
  list.replaceChildren(...[...placed, ...others].map((one, nth) => numbered(one, nth < placed.length ? nth + 1 : 0)));
  if (box.dataset.map || !cases.length) return;
  const store = document.getElementById("map-facts");
  const facts = JSON.parse(store?.textContent ?? "{}");
  facts.points = placed.map((one, nth) => ({ n: String(nth + 1), name: one.title, lat: one.lat, lon: one.lon, url: one.field_url }));
  facts.fit = true;
  if (store) store.textContent = JSON.stringify(facts);
  box.tabIndex = 0;
  box.dataset.map = "map-facts";
  box.dispatchEvent(new CustomEvent("htmx:load", { bubbles: true }));
}

/** @param {Case} one @param {number} nth */
function numbered(one, nth) {
  const made = card(one, 0);
  if (nth) made.querySelector(".meta")?.prepend(Object.assign(document.createElement("b"), { textContent: `${nth}　` }));
  return made;
}
