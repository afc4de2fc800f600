// @ts-check
/** Asks before a page with unsaved words is left. */

/** @param {HTMLFormElement} form */
export function bind(form) {
  let touched = false;
  form.addEventListener("input", () => {
    touched = true;
  });
  for (const done of ["submit", "autosave:saved", "htmx:afterRequest"]) {
    form.addEventListener(done, () => {
      touched = false;
    });
  }
  window.addEventListener("beforeunload", (event) => {
    if (touched && form.isConnected) event.preventDefault();
  });
}
