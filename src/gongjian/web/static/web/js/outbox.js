// @ts-check
/** The list of what this phone has to send or has sent: each thing with its answer, and what can be mended. */
import { flush } from "web/courier";
import { choose, drop, line, mend, paragraph } from "web/parcel";
import { dropItem, forgetAll, items, knownOwner } from "web/pocket";
import { button, clock, icon, notice, say } from "web/words";

/** @typedef {import("web/pocket").Item} Item */

const BADGES = { waiting: ["hold", "upload"], sent: ["ok", "check-circle"], refused: ["late", "alert"], conflict: ["soon", "alert"] };

/** @param {HTMLElement} box */
export function bind(box) {
  const draw = () => show(box).catch(() => box.replaceChildren(notice("late", say("pocket_none"))));
  new BroadcastChannel("gj-pocket").addEventListener("message", () => box.contains(document.activeElement) && typing() ? undefined : draw());
  for (const one of document.querySelectorAll("[data-send-now]")) one.addEventListener("click", () => void flush(true).then(draw));
  for (const one of document.querySelectorAll("[data-forget-all]")) {
    one.addEventListener("click", () => void forgetAll().then(() => location.reload()));
  }
  draw();
}

/** Whether somebody is mending a word just now; the list then waits. */
function typing() {
  return document.activeElement instanceof HTMLTextAreaElement || document.activeElement instanceof HTMLInputElement;
}

/** @param {HTMLElement} box */
async function show(box) {
  const owner = await knownOwner();
  const about = box.dataset.about;
  const all = (await items()).filter((item) => !about || item.about === about);
  const mine = all.filter((item) => !item.owner || item.owner === owner);
  const list = document.createElement("ul");
  list.className = "stack stack--3";
  list.append(...mine.reverse().map((item) => row(item)));
  const others = all.length - mine.length;
  const parts = mine.length ? [list] : [paragraph(say("outbox_empty"), "soft")];
  if (others) parts.push(notice("hold", say("outbox_others", { n: others })));
  box.replaceChildren(...parts);
}

/** @param {Item} item */
function row(item) {
  const made = document.createElement("li");
  made.className = "card stack stack--2 parcel";
  made.dataset.state = item.state;
  const head = document.createElement("div");
  head.className = "line line--apart";
  const title = document.createElement("b");
  title.textContent = item.title;
  head.append(title, badge(item.state));
  const photos = item.count ? `　${say("outbox_photos", { n: item.count })}` : "";
  made.append(head, paragraph(`${say("outbox_written", { time: clock(new Date(item.at)) })}${photos}`, "meta"));
  if (item.state === "waiting") made.append(paragraph(say("outbox_waits"), "soft small"), line(drop(item)));
  if (item.answer?.words) made.append(paragraph(item.answer.words, ""));
  if (item.state === "sent") made.append(...receipt(item));
  if (item.state === "refused") made.append(mend(item));
  if (item.state === "conflict") made.append(...choose(item));
  return made;
}

/** @param {Item["state"]} state */
function badge(state) {
  const [colour, drawing] = BADGES[state];
  const made = document.createElement("span");
  made.className = "badge";
  made.dataset.s = colour;
  made.append(icon(drawing), say(`outbox_${state}`));
  return made;
}

/** @param {Item} item */
function receipt(item) {
  const facts = document.createElement("dl");
  facts.className = "receipt__facts";
  for (const [name, text] of item.answer?.facts ?? []) {
    const pair = document.createElement("div");
    const [term, value] = [document.createElement("dt"), document.createElement("dd")];
    [term.textContent, value.textContent] = [name, text];
    pair.append(term, value);
    facts.append(pair);
  }
  const link = document.createElement("a");
  [link.className, link.href, link.textContent] = ["btn", item.answer?.url ?? "", say("outbox_open")];
  const seen = button(say("outbox_done"), () => void dropItem(item.id), "quiet");
  return [facts, item.answer?.url ? line(link, seen) : line(seen)];
}
