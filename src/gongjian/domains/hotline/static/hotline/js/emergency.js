// @ts-check
/** Shows 110, 119 or 120 while somebody types a word that asks for it. Never stops the sending. */

const ORDER = ["119", "120", "110"];

/** @param {HTMLElement} box */
export function bind(box) {
  /** @type {[string, string][]} */
  const words = JSON.parse(document.getElementById(box.dataset.words ?? "")?.textContent ?? "[]");
  const look = () => {
    const typed = [...document.querySelectorAll("main textarea, main input[type=text]")]
      .map((field) => /** @type {HTMLInputElement} */ (field).value)
      .join(" ")
      .normalize("NFKC")
      .toLowerCase();
    const found = new Set(words.filter(([word]) => typed.includes(word.toLowerCase())).map(([, service]) => service));
    const first = ORDER.find((service) => found.has(service));
    for (const notice of box.querySelectorAll("[data-service]")) {
      // What the server has found in an earlier step stays.
      if (notice.hasAttribute("data-stays")) continue;
      notice.toggleAttribute("hidden", /** @type {HTMLElement} */ (notice).dataset.service !== first);
    }
  };
  for (const notice of box.querySelectorAll("[data-service]:not([hidden])")) notice.setAttribute("data-stays", "");
  document.addEventListener("input", look);
  look();
}
