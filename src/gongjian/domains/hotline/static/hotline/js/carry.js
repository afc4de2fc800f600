// @ts-check
/**
 * Lets the page that works without a signal go on where the steps of the server stopped: each step is also written down
 * on the phone, under the draft's own key, so that a case which was opened while the answer was lost is not opened twice.
 * What somebody writes about himself stays out.
 */
import { address, hold } from "web/held";
import { dropValue, keepValue, keptValue } from "web/pocket";
import { fieldsOf } from "web/store";

const DRAFT_DAYS = 7;
const LEFT_OUT = new Set(["asked", "website"]);
const PATIENCE_MS = 1000;
const AFTER = { what: 1, where: 2, describe: 3 };

/** @param {string} key of the draft: each tab's report lies under its own */
const place = (key) => `draft:report:${key}`;

/** @param {HTMLElement} element a form of a step, or the page that says it is done */
export function bind(element) {
  const key = element.dataset.key ?? "";
  if (!(element instanceof HTMLFormElement)) return void dropValue(place(key)).catch(() => {});
  let carried = false;
  hold(place(key));
  element.addEventListener("submit", async (event) => {
    if (carried) return;
    event.preventDefault();
    address(key); // whoever comes back to this page finds the draft it began
    await Promise.race([carry(element).catch(() => {}), new Promise((done) => setTimeout(done, PATIENCE_MS))]);
    carried = true;
    element.requestSubmit(event.submitter);
  });
  window.addEventListener("pageshow", () => (carried = false));
}

/** @param {HTMLFormElement} form */
async function carry(form) {
  const key = form.dataset.key ?? "";
  const fields = fieldsOf(form).filter(([name]) => !LEFT_OUT.has(name));
  const files = new FormData(form).getAll("photos").flatMap((value) => (value instanceof File && value.size ? [value] : []));
  const kept = (await keptValue(place(key)))?.value;
  const before = kept?.key === key ? kept : { fields: [], photos: [] };
  const names = new Set(fields.map(([name]) => name));
  const merged = [...before.fields.filter((/** @type {[string, string]} */ [name]) => !names.has(name)), ...fields];
  const photos = [...before.photos, ...files.map((file) => ({ name: file.name, blob: file }))].slice(0, 5);
  const step = AFTER[/** @type {keyof typeof AFTER} */ (form.dataset.step)] ?? 0;
  await keepValue(place(key), { key, fields: merged, photos, step }, { days: DRAFT_DAYS });
}
