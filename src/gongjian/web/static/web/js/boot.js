// @ts-check
/** Finds the behaviours a page asks for by data- attributes and loads only those modules. */

/** @type {Record<string, string>} attribute -> module */
const BEHAVIOURS = {
  "data-keys": "web/keys",
  "data-toast": "web/toast",
  "data-dialog": "web/dialog",
  "data-dialog-close": "web/dialog",
  "data-menu": "web/dialog",
  "data-errors": "web/errors",
  "data-submit": "web/segments",
  "data-tabs": "web/segments",
  "data-show-secret": "web/segments",
  "data-autosave": "web/autosave",
  "data-draft": "web/draft",
  "data-draft-done": "web/draft",
  "data-forget": "web/store",
  "data-guard": "web/guard",
  "data-photos": "web/photos",
  "data-speak": "web/speak",
  "data-combobox": "web/combobox",
  "data-rows": "web/rows",
  "data-map": "web/map",
  "data-print": "web/print",
  "data-session-keep": "web/session",
  "data-offline": "web/offline",
  "data-outbox": "web/outbox",
};

/**
 * Bind every behaviour found in root, root included; each element once for each module.
 * @param {ParentNode & Element} root
 */
async function bind(root) {
  const wanted = Object.entries(BEHAVIOURS).map(([attribute, module]) => ({ selector: `[${attribute}]`, module }));
  for (const element of [root, ...root.querySelectorAll("[data-module]")]) {
    const module = element.getAttribute("data-module");
    if (module) wanted.push({ selector: `[data-module="${module}"]`, module });
  }
  for (const { selector, module } of wanted) {
    const elements = [...(root.matches(selector) ? [root] : []), ...root.querySelectorAll(selector)];
    if (!elements.length) continue;
    const { bind: bindOne } = await import(module);
    for (const element of elements) once(element, `${module} ${selector}`, bindOne);
  }
  catchUp(root);
}

/** What was typed or chosen before its behaviour had come is told again: a slow phone is slower than its owner. @param {ParentNode & Element} root */
function catchUp(root) {
  const field = document.activeElement;
  const typed = field instanceof HTMLTextAreaElement || (field instanceof HTMLInputElement && field.type !== "file");
  if (typed && root.contains(field) && field.value !== field.defaultValue) {
    once(field, "caught up", () => field.dispatchEvent(new Event("input", { bubbles: true })));
  }
  for (const chosen of root.querySelectorAll("input[type=file]")) {
    if (!(/** @type {HTMLInputElement} */ (chosen).files?.length)) continue;
    once(chosen, "caught up", () => chosen.dispatchEvent(new Event("change", { bubbles: true })));
  }
}

/** @type {WeakMap<Element, Set<string>>} */
const bound = new WeakMap();

/**
 * @param {Element} element
 * @param {string} name
 * @param {(element: Element) => void} bindOne
 */
function once(element, name, bindOne) {
  const names = bound.get(element) ?? new Set();
  if (names.has(name)) return;
  bound.set(element, names.add(name));
  bindOne(element);
}

bind(document.body).then(() => document.documentElement.setAttribute("data-ready", ""));
document.body.addEventListener("htmx:load", (event) => bind(/** @type {Element} */ (event.target)));
