// @ts-check
/** Keyboard in a list: j and k move, Enter opens, x selects. Nothing moves under the cursor. */
import { say } from "web/words";

const EDITABLE = "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable=true]";

/** @param {HTMLElement} list a table or a list with data-rows */
export function bind(list) {
  const table = list.matches("table") || list.querySelector("table");
  const rowsNow = () => /** @type {HTMLElement[]} */ ([...list.querySelectorAll(table ? "tbody tr:not(.band)" : ":scope > li")]);
  const mark = table ? "aria-selected" : "aria-current";
  const chosen = () => rowsNow().find((row) => row.getAttribute(mark) === "true");

  /** @param {HTMLElement} row @param {boolean} focus */
  function choose(row, focus) {
    for (const one of rowsNow()) {
      if (one === row) one.setAttribute(mark, "true");
      else one.removeAttribute(mark);
      one.tabIndex = one === row ? 0 : -1;
    }
    if (focus) row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
    row.dispatchEvent(new CustomEvent("row:choose", { bubbles: true }));
  }

  /** @param {number} step */
  function move(step) {
    const rows = rowsNow();
    const at = rows.indexOf(/** @type {HTMLElement} */ (chosen()));
    const next = rows[Math.min(Math.max(at + step, 0), rows.length - 1)];
    if (next) choose(next, true);
  }

  function count() {
    const ticked = list.querySelectorAll("tbody input[type=checkbox]:checked, li input[type=checkbox]:checked").length;
    for (const place of document.querySelectorAll("[data-rows-count]")) place.textContent = ticked ? say("selected", { n: ticked }) : "";
  }

  document.addEventListener("keydown", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (!list.isConnected || event.isComposing || event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
    if (target.closest(EDITABLE) || document.querySelector("dialog[open]")) return;
    const inside = list.contains(target);
    const single = document.body.dataset.singleKeys !== "off";
    const acts = {
      ...(single ? { j: () => move(1), k: () => move(-1), x: tick } : {}),
      ...(inside ? { ArrowDown: () => move(1), ArrowUp: () => move(-1) } : {}),
      ...(target === chosen() ? { Enter: open } : {}),
    };
    const act = /** @type {Record<string, () => void>} */ (acts)[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });

  function tick() {
    const box = chosen()?.querySelector("input[type=checkbox]");
    if (box instanceof HTMLInputElement) box.click();
  }

  function open() {
    const row = chosen();
    const link = row?.querySelector("a[data-row-link]") ?? row?.querySelector("a[href]");
    if (link instanceof HTMLElement) link.click();
  }

  list.addEventListener("change", count);
  list.addEventListener("click", (event) => {
    const row = /** @type {HTMLElement} */ (event.target).closest("tr, li");
    const plain = !(/** @type {HTMLElement} */ (event.target).closest("a, button, input, label"));
    if (row instanceof HTMLElement && plain && rowsNow().includes(row)) choose(row, false);
  });
  for (const row of rowsNow()) row.tabIndex = -1;
  const first = chosen() ?? rowsNow()[0];
  if (first) first.tabIndex = 0;
  count();
}
