// @ts-check
/** The call's clock: runs from F2 or the first key, survives a reload, and shows number and language of the caller. */

const TICK_MS = 1000;
const SHOWN_HEAD = 3;
const TYPED = 8; // digits from which on it is taken for a whole number

/** @param {HTMLElement} strip */
export function bind(strip) {
  const form = () => /** @type {HTMLFormElement | null} */ (document.getElementById(strip.dataset.for ?? ""));
  const time = /** @type {HTMLTimeElement} */ (strip.querySelector("[data-call-time]"));
  const state = /** @type {HTMLElement} */ (strip.querySelector("[data-call-state]"));
  const title = document.title;
  let timer = 0;

  const started = () => Number(field("started")?.value) || 0;
  const field = (/** @type {string} */ name) => /** @type {HTMLInputElement | undefined} */ (form()?.elements.namedItem(name));

  function start() {
    const kept = field("started");
    if (kept && !kept.value) kept.value = String(Date.now());
    if (!timer) timer = window.setInterval(show, TICK_MS);
    state.textContent = strip.dataset.live ?? "";
    time.hidden = false;
    show();
  }

  function show() {
    const seconds = Math.max(0, Math.floor((Date.now() - started()) / TICK_MS));
    const two = (/** @type {number} */ part) => String(part).padStart(2, "0");
    time.textContent = `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
    document.title = `${strip.dataset.live} ${time.textContent} · ${title}`;
  }

  function who() {
    const number = /** @type {HTMLElement} */ (strip.querySelector("[data-call-number]"));
    number.textContent = masked(field("phone")?.value ?? "");
    const language = /** @type {HTMLSelectElement | undefined} */ (/** @type {unknown} */ (field("language")));
    const shown = strip.querySelector("[data-call-language]");
    if (language && shown) shown.textContent = language.selectedOptions[0]?.textContent ?? "";
  }

  document.addEventListener("input", (event) => {
    if (!(event.target instanceof Element) || event.target.closest("form") !== form()) return;
    start();
    who();
  });
  document.addEventListener("change", who);
  if (started() || strip.hasAttribute("data-start")) start();
  who();
}

/** 13812345678 becomes 138 ********; a number still being typed stays as it is. @param {string} typed */
function masked(typed) {
  const digits = typed.normalize("NFKC").replace(/\D/g, "");
  return digits.length < TYPED ? digits : `${digits.slice(0, SHOWN_HEAD)} ********`;
}
