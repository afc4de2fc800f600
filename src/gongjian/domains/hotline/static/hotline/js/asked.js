// @ts-check
/** What the chosen topic asks besides: every topic's questions lie in the page, those of the chosen one stand in it. */

/** @typedef {[name: string, label: string, missing: string]} Question */

/** @param {HTMLElement} place */
export function bind(place) {
  const form = /** @type {HTMLFormElement} */ (place.closest("form"));
  /** @type {Map<string, Node[]>} */
  const before = new Map(); // what was answered for another topic is there again with it
  let drawn = "";
  const draw = () => {
    const topic = String(new FormData(form).get("topic") ?? "");
    if (topic === drawn) return;
    before.set(drawn, [...place.childNodes]);
    drawn = topic;
    const kept = before.get(topic) ?? [...(template(form, topic)?.content.cloneNode(true).childNodes ?? [])];
    place.replaceChildren(...kept);
    place.dataset.asked = template(form, topic)?.dataset.asked ?? "[]";
  };
  form.addEventListener("change", draw);
  form.addEventListener("reset", () => setTimeout(() => (before.clear(), draw())));
  draw();
}

/** @param {HTMLFormElement} form @param {string} topic @returns {HTMLTemplateElement | null} */
const template = (form, topic) => form.querySelector(`template[data-questions="${CSS.escape(topic)}"]`);

/** @param {HTMLFormElement} form @returns {Question[]} */
const questions = (form) => JSON.parse(/** @type {HTMLElement | null} */ (form.querySelector("[data-asked]:not(template)"))?.dataset.asked ?? "[]");

/** @param {HTMLFormElement} form @param {string} name @returns {HTMLInputElement[]} the fields that hold an answer */
function given(form, name) {
  const fields = /** @type {HTMLInputElement[]} */ ([...form.querySelectorAll(`[name="${CSS.escape(name)}"]`)]);
  return fields.filter((one) => (["radio", "checkbox"].includes(one.type) ? one.checked && one.value : one.value.trim()));
}

/** @param {HTMLFormElement} form @returns {[string, string][]} questions that must be answered and are not: name, words */
export const missing = (form) =>
  questions(form)
    .filter(([name, , words]) => words && !given(form, name).length)
    .map(([name, , words]) => [name, words]);

/** @param {HTMLFormElement} form @returns {[string, string][]} what was answered, as people read it */
export const said = (form) =>
  questions(form)
    .map(([name, label]) => /** @type {[string, string]} */ ([label, given(form, name).map(shown).join("　")]))
    .filter(([, words]) => words);

/** @param {HTMLInputElement} field */
const shown = (field) => (["radio", "checkbox"].includes(field.type) ? (field.closest("label")?.textContent ?? "").trim() : field.value.trim());
