// @ts-check
/**
 * The list with a pane beside it: the chosen row owns the key of its button, the pane follows the row, and a key of
 * the pane that is pressed before the pane has come waits for it. A row that was answered for stays where it is.
 */
const PANE_KEYS = ["b", "r", "s", "t"];

/** @param {HTMLElement} table */
export function bind(table) {
  const pane = document.getElementById("pane");
  let waiting = "";

  /** @param {HTMLElement} row */
  function own(row) {
    for (const button of table.querySelectorAll("button[data-key]")) button.removeAttribute("data-key");
    row.querySelector("button[name=offer]")?.setAttribute("data-key", "a");
    waiting = "";
    pane?.setAttribute("aria-busy", "true");
  }

  table.addEventListener("row:choose", (event) => own(/** @type {HTMLElement} */ (event.target)));
  table.addEventListener("htmx:load", (event) => {
    const row = event.target;
    if (!(row instanceof HTMLTableRowElement)) return;
    for (const other of table.querySelectorAll("tr[aria-selected]")) {
      if (other === row) continue;
      other.removeAttribute("aria-selected");
      /** @type {HTMLElement} */ (other).tabIndex = -1;
    }
    row.focus({ preventScroll: true });
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
    if (event.target !== pane) return;
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
