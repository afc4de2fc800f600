// @ts-check
/** Narrows a list while somebody types: what does not hold the words is hidden, what is chosen stays. */

/** @param {HTMLInputElement} search */
export function bind(search) {
  const list = document.getElementById(search.dataset.list ?? "");
  search.addEventListener("input", (event) => {
    event.stopPropagation(); // looking something up is not writing: nothing to save
    const words = search.value.normalize("NFKC").trim().toLowerCase();
    for (const row of list?.children ?? []) {
      const holds = !words || (row.textContent ?? "").toLowerCase().includes(words);
      row.toggleAttribute("hidden", !holds && !row.querySelector(":checked"));
    }
  });
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault(); // the form is not sent from here
  });
}
