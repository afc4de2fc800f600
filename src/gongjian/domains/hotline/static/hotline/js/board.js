// @ts-check
/**
 * The list with a pane beside it: the chosen row owns the key of its button, the pane follows the row, and a key of
 * the pane that is pressed before the pane has come waits for it. A row that was answered for stays where it is, the
 * cursor goes on to the next one; the last row that was sent owns the key that takes it back.
 */
const PANE_KEYS = ["b", "r", "s", "t"];

/** @param {HTMLElement} table */
export function bind(table) {
  const pane = document.getElementById("pane");
  let waiting = "";
  /** @type {Map<string, number>} height of the rows that may be answered for */
  const heights = new Map();
  /** @type {string[]} rows that were sent from this page, in their order */
  const sent = [];

  /** @param {HTMLElement} row */
  function own(row) {
    for (const button of table.querySelectorAll("button[name=offer][data-key]")) button.removeAttribute("data-key");
    row.querySelector("button[name=offer]")?.setAttribute("data-key", "a");
    waiting = "";
    keep(row);
    pane?.setAttribute("aria-busy", "true");
  }

  /** @param {Element | null | undefined} row */
  function keep(row) {
    if (row) heights.set(row.id, row.getBoundingClientRect().height);
  }

  /** @param {HTMLElement} row the row that has the cursor now, where it is another one */
  function another(row) {
    return [...table.querySelectorAll("tr[aria-selected=true]")].some((other) => other !== row);
  }

  /** @param {HTMLElement} row the next row that waits, or the one before it */
  function next(row) {
    const rows = [...table.querySelectorAll("tbody tr:not(.band)")];
    const at = rows.indexOf(row);
    const waits = (/** @type {Element} */ one) => !one.hasAttribute("data-done");
    return rows.slice(at + 1).find(waits) ?? rows.slice(0, at).reverse().find(waits) ?? null;
  }

  /** @param {Element} row put the cursor there, as a click does */
  function choose(row) {
    if (!(row instanceof HTMLElement)) return;
    ownBack();
    row.click();
    row.focus({ preventScroll: true }); // at once: the next key belongs to the list
  }

  function ownBack() {
    for (const button of table.querySelectorAll("button[name=back]")) {
      const last = button.closest("tr")?.id === sent.at(-1);
      if (last) button.setAttribute("data-key", "u");
      else button.removeAttribute("data-key");
    }
  }

  keep(table.querySelector("tr[aria-selected]"));
  if (pane?.hasAttribute("hx-get") && !pane.querySelector("[data-case]")) pane.setAttribute("aria-busy", "true");
  table.addEventListener("htmx:beforeRequest", (event) => keep(/** @type {HTMLElement} */ (event.target).closest("tr")));

  table.addEventListener("row:choose", (event) => own(/** @type {HTMLElement} */ (event.target)));
  table.addEventListener("htmx:afterSwap", (event) => {
    const row = event.target;
    if (!(row instanceof HTMLTableRowElement)) return;
    // What stands below must not move. On a cell, for htmx copies a row's style as text, which the page forbids.
    row.cells[0].style.blockSize = `${heights.get(row.id) ?? 0}px`;
    const back = sent.indexOf(row.id);
    if (back >= 0) sent.splice(back, 1);
    if (row.querySelector("button[name=back]")) sent.push(row.id);
    else if (back >= 0 && !row.hasAttribute("data-done")) return choose(row); // taken back: it waits again
    ownBack();
    const following = row.hasAttribute("data-done") && row.getAttribute("aria-selected") === "true" ? next(row) : null;
    if (following && !another(row)) return choose(following);
    if (another(row) || row.getAttribute("aria-selected") !== "true") {
      row.removeAttribute("aria-selected"); // the cursor has moved on meanwhile
      row.tabIndex = -1;
      return;
    }
    row.focus({ preventScroll: true }); // at once: the next key belongs to the list
  });
  table.addEventListener("htmx:load", (event) => {
    const row = event.target;
    if (!(row instanceof HTMLTableRowElement) || row.getAttribute("aria-selected") !== "true") return;
    row.dispatchEvent(new CustomEvent("row:choose", { bubbles: true }));
  });

  document.addEventListener("keydown", (event) => {
    const plain = !(event.ctrlKey || event.altKey || event.metaKey || event.shiftKey || event.isComposing);
    if (!plain || pane?.getAttribute("aria-busy") !== "true" || document.body.dataset.singleKeys === "off") return;
    if (/** @type {HTMLElement} */ (event.target).closest("input:not([type=checkbox]), textarea, select")) return;
    if (!PANE_KEYS.includes(event.key)) return;
    event.preventDefault();
    waiting = event.key;
  }, true);

  pane?.addEventListener("htmx:afterSettle", (event) => {
    const row = table.querySelector("tr[aria-selected=true]");
    const shown = pane.querySelector("[data-case]")?.getAttribute("data-case");
    // The event is raised on what came, once for each element.
    if (/** @type {CustomEvent} */ (event).detail.target !== pane || (row && row.getAttribute("data-row") !== shown)) return;
    pane.removeAttribute("aria-busy");
    const opener = waiting && pane.querySelector(`[data-key="${waiting}"]`);
    waiting = "";
    if (opener instanceof HTMLElement) opener.click();
    else focusErrors(pane);
  });
  pane?.addEventListener("toggle", (event) => {
    const details = /** @type {HTMLDetailsElement} */ (event.target);
    if (!details.open) return;
    for (const other of pane.querySelectorAll("details[open]")) if (other !== details) /** @type {HTMLDetailsElement} */ (other).open = false;
    const field = details.querySelector("input:not([type=hidden]), textarea");
    if (field instanceof HTMLElement && !pane.querySelector("#errors")) field.focus();
  }, true);
}

/** @param {HTMLElement} pane */
function focusErrors(pane) {
  const errors = pane.querySelector("#errors");
  if (errors instanceof HTMLElement) errors.focus();
}
