// @ts-check
/** The error summary takes the focus, and its links lead into the field, not only to it. */

/** @param {HTMLElement} summary */
export function bind(summary) {
  summary.focus();
  for (const link of summary.querySelectorAll("a[href^='#']")) {
    link.addEventListener("click", (event) => {
      const place = document.getElementById((link.getAttribute("href") ?? "").slice(1));
      const field = place?.matches("input, select, textarea") ? place : place?.querySelector("input, select, textarea");
      if (!(field instanceof HTMLElement)) return;
      event.preventDefault();
      field.focus();
      field.closest(".field, fieldset")?.scrollIntoView({ block: "center" });
    });
  }
}
