// @ts-check
/** Opens and closes dialogs; closes menus on Escape and on a click elsewhere. */

/** @param {HTMLElement} element */
export function bind(element) {
  if (element.matches("[data-menu]")) return menu(/** @type {HTMLDetailsElement} */ (element));
  if (element.matches("[data-dialog-close]")) {
    return element.addEventListener("click", () => element.closest("dialog")?.close());
  }
  return element.addEventListener("click", (event) => {
    const dialog = document.getElementById(element.dataset.dialog ?? "");
    if (!(dialog instanceof HTMLDialogElement)) return;
    event.preventDefault();
    if (!dialog.open) dialog.showModal();
    const first = dialog.querySelector("[autofocus], textarea, input:not([type=hidden]), select");
    if (first instanceof HTMLElement) first.focus();
  });
}

/** @param {HTMLDetailsElement} details */
function menu(details) {
  document.addEventListener("click", (event) => {
    if (details.open && !details.contains(/** @type {Node} */ (event.target))) details.open = false;
  });
  details.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !details.open) return;
    event.preventDefault();
    details.open = false;
    details.querySelector("summary")?.focus();
  });
}
