// @ts-check
/** An act whose form stands in the editor already: opens that tab and puts the cursor there, instead of another page. */

/** @param {HTMLElement} link */
export function bind(link) {
  link.addEventListener("click", (event) => {
    const pane = document.getElementById(link.dataset.pane ?? "");
    const tab = document.querySelector(`[data-tabs] a[href="#${link.dataset.pane}"]`);
    if (!pane || !(tab instanceof HTMLElement)) return;
    event.preventDefault();
    tab.click();
    const field = pane.querySelector("textarea, input:not([type=hidden])");
    if (field instanceof HTMLElement) field.focus();
  });
}
