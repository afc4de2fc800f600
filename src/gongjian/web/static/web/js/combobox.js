// @ts-check
/**
 * Suggestions under a text field. data-combobox is "#id" of a JSON element [{value, label, hint, keys}] or an address that
 * answers ?q= with such a list. keys: pinyin and initials. data-combobox-into names the hidden field for the value.
 */
import { announce, say } from "web/words";

const QUIET_MS = 150;
const MOST = 8;
let made = 0;

/** @typedef {{value: string, label: string, hint?: string, keys?: string}} Choice */

/** @param {HTMLInputElement} input */
export function bind(input) {
  const source = input.dataset.combobox ?? "";
  const into = /** @type {HTMLInputElement | null} */ (input.form?.elements.namedItem(input.dataset.comboboxInto ?? ""));
  const list = frame(input);
  let shown = /** @type {Choice[]} */ ([]);
  let [at, timer, asked] = [-1, 0, 0];

  function close() {
    clearTimeout(timer);
    asked += 1;
    list.hidden = true;
    at = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  /** @param {Choice[]} choices */
  function open(choices) {
    shown = choices.slice(0, MOST);
    list.replaceChildren(...shown.map((choice, nth) => row(choice, `${list.id}-${nth}`)));
    list.hidden = !shown.length;
    input.setAttribute("aria-expanded", String(shown.length > 0));
    announce(shown.length ? say("results", { n: shown.length }) : say("results_none"));
    mark(shown.length ? 0 : -1);
  }

  /** @param {number} next */
  function mark(next) {
    at = next;
    for (const [nth, item] of [...list.children].entries()) item.setAttribute("aria-selected", String(nth === at));
    if (at < 0) return input.removeAttribute("aria-activedescendant");
    list.children[at].scrollIntoView({ block: "nearest" });
    return input.setAttribute("aria-activedescendant", `${list.id}-${at}`);
  }

  /** @param {Choice} choice */
  function take(choice) {
    input.value = choice.label;
    if (into) into.value = choice.value;
    close();
    input.dispatchEvent(new CustomEvent("combobox:take", { bubbles: true, detail: choice }));
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  input.addEventListener("input", () => {
    if (into) into.value = "";
    clearTimeout(timer);
    const words = input.value.trim();
    if (!words) return close();
    const mine = (asked += 1);
    timer = window.setTimeout(async () => {
      const choices = await look(source, words);
      if (mine === asked && document.activeElement === input) open(choices);
    }, QUIET_MS);
    return undefined;
  });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || list.hidden) return;
    const acts = {
      ArrowDown: () => mark((at + 1) % shown.length),
      ArrowUp: () => mark((at - 1 + shown.length) % shown.length),
      Enter: () => at >= 0 && take(shown[at]),
      Escape: close,
    };
    const act = /** @type {Record<string, () => unknown>} */ (acts)[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  });
  input.addEventListener("blur", close);
  list.addEventListener("pointerdown", (event) => {
    event.preventDefault(); // the field keeps the focus
    const nth = [...list.children].indexOf(/** @type {Element} */ (/** @type {Element} */ (event.target).closest("li")));
    if (nth >= 0) take(shown[nth]);
  });
}

/** @param {HTMLInputElement} input @returns {HTMLUListElement} */
function frame(input) {
  const box = document.createElement("div");
  box.className = "suggest";
  const held = document.activeElement === input;
  input.replaceWith(box);
  const list = document.createElement("ul");
  list.id = `suggest-${(made += 1)}`;
  list.className = "suggest__list";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.labels?.[0]?.textContent?.trim() || input.getAttribute("aria-label") || "");
  list.hidden = true;
  box.append(input, list);
  if (held) input.focus({ preventScroll: true }); // to move a field takes the cursor out of it
  const facts = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id, autocomplete: "off" };
  for (const [name, value] of Object.entries(facts)) input.setAttribute(name, value);
  return list;
}

/** @param {Choice} choice @param {string} id */
function row(choice, id) {
  const item = document.createElement("li");
  item.id = id;
  item.setAttribute("role", "option");
  item.append(Object.assign(document.createElement("b"), { textContent: choice.label }));
  if (choice.hint) item.append(Object.assign(document.createElement("small"), { textContent: choice.hint }));
  return item;
}

/** @param {string} source @param {string} words @returns {Promise<Choice[]>} */
async function look(source, words) {
  if (source.startsWith("#")) return among(JSON.parse(document.querySelector(source)?.textContent ?? "[]"), words);
  try {
    const url = new URL(source, location.href);
    url.searchParams.set("q", words);
    const answer = await fetch(url, { headers: { Accept: "application/json" }, credentials: "same-origin" });
    return answer.ok ? await answer.json() : [];
  } catch {
    return []; // without suggestions the field is still a text field
  }
}

/** Names first that begin with the words, then keys that do, then names that hold them. @param {Choice[]} all @param {string} words */
function among(all, words) {
  const wanted = words.toLowerCase();
  const rank = (/** @type {Choice} */ choice) => {
    const label = choice.label.toLowerCase();
    if (label.startsWith(wanted)) return 0;
    if ((choice.keys ?? "").toLowerCase().split(" ").some((key) => key.startsWith(wanted))) return 1;
    return label.includes(wanted) ? 2 : 3;
  };
  return all.filter((choice) => rank(choice) < 3).sort((one, other) => rank(one) - rank(other));
}
