// @ts-check
/** The print button; hidden where a browser cannot print. */

/** @param {HTMLElement} element */
export function bind(element) {
  if (typeof window.print !== "function") element.hidden = true;
  element.addEventListener("click", () => window.print());
}
