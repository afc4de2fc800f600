// @ts-check
/** Asks before a page with unsaved words is left. */

/** @param {HTMLFormElement} form */
export function bind(form) {
  let touched = false;
  form.addEventListener("input", () => {
    touched = true;
  });
  for (const done of ["submit", "autosave:saved"]) {
    form.addEventListener(done, () => {
      touched = false;
    });
  }
  form.addEventListener("htmx:afterRequest", (event) => {
    const { elt, successful } = /** @type {CustomEvent} */ (event).detail ?? {};
    // A field that asks for a preview, or a form that was refused, has saved nothing.
    if (elt === form && successful) touched = false;
  });
  window.addEventListener("beforeunload", (event) => {
    if (touched && form.isConnected) event.preventDefault();
  });
}
