// @ts-check
/** For browsers that keep nothing: the report goes at once or not at all, and the answer stands on this page alone. */
import { hello } from "web/courier";
import { fieldsOf } from "web/store";
import { notice, say } from "web/words";
import { complain } from "hotline/onecheck";

/** @typedef {import("web/pocket").Answer} Answer */

/** @param {HTMLFormElement} form @param {string} key @returns {Promise<"sent" | "told" | "">} "told" where the server said what is wrong, empty where nobody answered */
export async function direct(form, key) {
  const who = await hello();
  if (!who) return "";
  const body = new FormData();
  for (const [name, value] of fieldsOf(form)) body.append(name, value);
  const photos = /** @type {HTMLInputElement | null} */ (form.querySelector("input[type=file]"))?.files ?? [];
  for (const file of photos) body.append("photos", file);
  body.append("owner", who.owner);
  const headers = { "Idempotency-Key": key, "X-CSRFToken": who.csrf, Accept: "application/json" };
  try {
    const answer = await fetch(form.dataset.send ?? "", { method: "POST", body, headers, credentials: "same-origin" });
    /** @type {Answer} */
    const told = await answer.json();
    if (answer.ok) show(told);
    else if (told.errors) complain(form, told.errors.map(({ field, label, message }) => [field, `${label} ${message}`]));
    return answer.ok ? "sent" : told.errors ? "told" : "";
  } catch {
    return "";
  }
}

/** @param {Answer} told */
function show(told) {
  const after = document.querySelector("[data-after]");
  const [head, lead] = [after?.querySelector("h1"), after?.querySelector(".lead")];
  if (head) head.textContent = say("outbox_sent");
  if (lead) lead.textContent = told.words ?? "";
  lead?.after(notice("soon", (told.facts ?? []).map(([name, text]) => `${name} ${text}`).join("　")));
}
