// @ts-check
/** What can be done with one thing that was not taken: mend it, choose, send it again, or throw it away. */
import { flush, newKey, withValue } from "web/courier";
import { dropItem, putItem } from "web/pocket";
import { button, say } from "web/words";

/** @typedef {import("web/pocket").Item} Item */

/** What the server would not take, with each field to mend in its place. @param {Item} item */
export function mend(item) {
  const form = document.createElement("form");
  form.className = "stack stack--3";
  const faults = item.answer?.errors ?? [];
  if (!faults.length) form.append(paragraph(say("outbox_unread"), ""));
  for (const { field, label, message, clear } of faults) {
    const part = document.createElement("div");
    part.className = "field";
    const id = `mend-${item.id}-${field}`;
    const words = document.createElement("label");
    [words.textContent, words.htmlFor, words.className] = [label, id, "field__label"];
    part.append(...(label ? [words] : []), paragraph(message, "field__error"));
    if (field && !clear) {
      const box = document.createElement(field === "text" || field === "description" ? "textarea" : "input");
      [box.id, box.name, box.className] = [id, field, "input"];
      box.value = item.fields.find(([name]) => name === field)?.[1] ?? "";
      part.append(box);
    }
    form.append(part);
  }
  const again = button(say("outbox_again"), () => {}, "main");
  again.type = "submit";
  form.append(line(again, drop(item)));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    let { fields, photos } = item;
    for (const [name, text] of new FormData(form)) fields = withValue(fields, name, String(text));
    for (const { field, clear } of faults) if (clear) [fields, photos] = [withValue(fields, field, ""), field === "photos" ? [] : photos];
    void send({ ...item, fields, photos });
  });
  return form;
}

/** The matter has moved meanwhile: both stand, and the writer decides. @param {Item} item */
export function choose(item) {
  const words = document.createElement("blockquote");
  words.className = "parcel__words";
  words.textContent = item.fields.filter(([name]) => ["text", "remark"].includes(name)).map(([, text]) => text).join(" ");
  const acts = (item.answer?.choices ?? []).map(({ label, url, fields: changed }) =>
    button(label, () => {
      let { fields } = item;
      for (const [name, text] of Object.entries(changed)) fields = withValue(fields, name, text);
      // Another act than before, so under a key of its own; the old one leaves only when the new one is written down.
      void send({ ...item, id: newKey(), url, fields }).then(() => dropItem(item.id));
    }),
  );
  const told = paragraph(say("outbox_keep"), "soft small");
  return [...(words.textContent ? [words] : []), line(...acts, drop(item)), told];
}

/** Thrown away only on a second press. @param {Item} item */
export function drop(item) {
  const made = button(say("outbox_drop"), () => {
    if (made.dataset.sure) void dropItem(item.id);
    made.dataset.sure = "1";
    made.textContent = say("outbox_drop_sure");
  }, "quiet");
  return made;
}

/** @param {Item} item */
async function send(item) {
  await putItem({ ...item, state: "waiting", tries: 0, next: 0, answer: null });
  await flush(true);
}

/** @param {string} text @param {string} kind */
export function paragraph(text, kind) {
  const made = document.createElement("p");
  made.className = kind;
  made.textContent = text;
  return made;
}

/** @param {HTMLElement[]} parts */
export function line(...parts) {
  const made = document.createElement("p");
  made.className = "line";
  made.append(...parts);
  return made;
}
