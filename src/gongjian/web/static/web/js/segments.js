// @ts-check
/** Small choices: submit on change, switch panels, show a secret. */
import { say } from "web/words";

/** @param {HTMLElement} element */
export function bind(element) {
  if (element.matches("[data-submit]")) {
    element.addEventListener("change", () => /** @type {HTMLInputElement} */ (element).form?.requestSubmit());
  } else if (element.dataset.showSecret) {
    secret(element, element.dataset.showSecret);
  } else {
    tabs(element);
  }
}

/**
 * Tabs over panels of one page: links to #ids. Arrow keys move, as in every tab list.
 * @param {HTMLElement} list
 */
function tabs(list) {
  const links = /** @type {HTMLAnchorElement[]} */ ([...list.querySelectorAll("a[href^='#']")]);
  const panelOf = (/** @type {HTMLAnchorElement} */ link) => document.getElementById(link.hash.slice(1));
  const show = (/** @type {HTMLAnchorElement} */ chosen) => {
    for (const link of links) {
      const on = link === chosen;
      link.setAttribute("aria-selected", String(on));
      link.tabIndex = on ? 0 : -1;
      const panel = panelOf(link);
      if (panel) panel.hidden = !on;
    }
  };
  list.setAttribute("role", "tablist");
  for (const [at, link] of links.entries()) {
    link.setAttribute("role", "tab");
    link.setAttribute("aria-controls", link.hash.slice(1));
    panelOf(link)?.setAttribute("role", "tabpanel");
    link.addEventListener("click", (event) => {
      event.preventDefault();
      show(link);
    });
    link.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = links[(at + step + links.length) % links.length];
      next.focus();
      show(next);
    });
  }
  const chosen = links.find((link) => link.hash === location.hash) ?? links.find((link) => link.hasAttribute("aria-current")) ?? links[0];
  for (const link of links) link.removeAttribute("aria-current");
  if (chosen) show(chosen);
}

/** @param {HTMLElement} switcher @param {string} id */
function secret(switcher, id) {
  const field = document.getElementById(id);
  const words = switcher.querySelector("span") ?? switcher;
  switcher.hidden = false;
  switcher.addEventListener("click", () => {
    if (!(field instanceof HTMLInputElement)) return;
    const shown = field.type === "text";
    field.type = shown ? "password" : "text";
    switcher.setAttribute("aria-pressed", String(!shown));
    words.textContent = say(shown ? "show" : "hide");
  });
}
