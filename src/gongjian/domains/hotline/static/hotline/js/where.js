// @ts-check
/**
 * Words, pin and community of one form say one place: what was chosen last moves the others. Words that are changed clear
 * the pin they were chosen with, and the community that came with it; one button takes both back.
 */

/** @typedef {{spot: string, lon: string, lat: string, community: string}} Place */

/** @param {HTMLElement} box with the address and the word about a pin that went */
export function bind(box) {
  const form = /** @type {HTMLFormElement} */ (box.closest("form"));
  const field = (/** @type {string} */ name) => /** @type {HTMLInputElement | null} */ (form.elements.namedItem(name));
  const address = /** @type {HTMLInputElement} */ (field("address"));
  const [point, lon, lat, words] = [field("spot") ?? field("place"), field("lon"), field("lat"), field("point_for")];
  const told = /** @type {HTMLElement} */ (box.querySelector("[data-place-gone]"));
  const map = () => form.querySelector("[data-map]");
  const list = /** @type {HTMLSelectElement | null} */ (form.querySelector("select[name=community]"));
  const choices = /** @type {HTMLInputElement[]} */ ([...form.querySelectorAll("input[name=community]")]);
  const community = () => list?.value ?? choices.find((one) => one.checked)?.value ?? "";
  const placed = () => Boolean(point?.value || lon?.value);
  /** @type {Place | null} */
  let before = null;
  let settling = false; // a change of ours is nobody's choice
  let came = placed() ? community() : ""; // the community that came with the point

  /** @param {Place} place */
  function put(place) {
    if (point) point.value = place.spot;
    if (lon) lon.value = place.lon;
    if (lat) lat.value = place.lat;
    if (community() !== place.community) choose(place.community);
    if (words) words.value = placed() ? address.value : "";
    const [x, y] = place.lon ? [place.lon, place.lat] : place.spot.split(",");
    map()?.dispatchEvent(new CustomEvent("map:set", { detail: y ? { lat: Number(y), lon: Number(x) } : null }));
  }

  /** @param {string} value */
  function choose(value) {
    settling = true;
    if (list) list.value = value;
    for (const one of choices) one.checked = one.value === value;
    const shown = list ?? choices.find((one) => one.checked);
    if (value) shown?.closest("details")?.setAttribute("open", "");
    shown?.dispatchEvent(new Event("change", { bubbles: true }));
    settling = false;
  }

  /** @param {string} left the community that stays */
  function forget(left) {
    before = { spot: point?.value ?? "", lon: lon?.value ?? "", lat: lat?.value ?? "", community: community() };
    put({ spot: "", lon: "", lat: "", community: left });
    came = "";
    told.hidden = false;
  }

  // Before the suggestions empty their own field.
  form.addEventListener("input", (event) => {
    if (event.target === address && placed()) forget(community() === came ? "" : community());
  }, true);
  form.addEventListener("combobox:take", (event) => {
    if (event.target !== address) return;
    const { value, community: own } = /** @type {CustomEvent} */ (event).detail;
    const [x, y] = String(value).split(",");
    told.hidden = true;
    came = own ? String(own) : "";
    put({ spot: String(value), lon: x, lat: y, community: came });
  });
  form.addEventListener("map:move", () => {
    told.hidden = true;
    came = "";
    if (point) point.value = "";
    if (words) words.value = address.value;
    if (community()) choose("");
  });
  form.addEventListener("change", (event) => {
    if (settling || /** @type {HTMLInputElement} */ (event.target).name !== "community") return;
    const chosen = community();
    if (placed() && came && chosen !== came) forget(chosen);
  });
  box.querySelector("[data-place-back]")?.addEventListener("click", () => {
    if (before) put(before);
    came = before?.community ?? "";
    told.hidden = true;
    address.focus();
  });
}
