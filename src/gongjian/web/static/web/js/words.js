// @ts-check
/** The page's words for modules, and the two places where modules speak. */

/** @type {Record<string, string> | null} */
let phrases = null;

/**
 * Return a phrase in the page's language, {names} filled in.
 * @param {string} name
 * @param {Record<string, string | number>} [facts]
 */
export function say(name, facts = {}) {
  phrases ??= JSON.parse(document.getElementById("gj-phrases")?.textContent || "{}");
  const phrase = /** @type {Record<string, string>} */ (phrases)[name] ?? name;
  return phrase.replace(/\{(\w+)\}/g, (whole, fact) => String(facts[fact] ?? whole));
}

/**
 * Tell a screen reader something that the eye sees elsewhere.
 * @param {string} text
 */
export function announce(text) {
  const live = document.getElementById("live");
  if (live) live.textContent = text;
}

/** The time of day as the page writes it: the server's, wherever this browser stands. @param {Date} [at] @param {boolean} [seconds] */
export function clock(at = new Date(), seconds = false) {
  const text = at.toLocaleTimeString("en-GB", { timeZone: "Asia/Shanghai" });
  return seconds ? text : text.slice(0, 5);
}

/**
 * Make an icon from the sprite.
 * @param {string} name
 */
export function icon(name) {
  const sprite = document.querySelector("svg.icon use")?.getAttribute("href")?.split("#")[0] ?? "";
  const drawn = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  drawn.setAttribute("class", "icon");
  drawn.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${sprite}#i-${name}`);
  drawn.append(use);
  return drawn;
}

/**
 * Make a notice like the server's.
 * @param {string} state ok, soon, late or info
 * @param {string} text
 * @param {(HTMLElement)[]} acts
 */
export function notice(state, text, acts = []) {
  const box = document.createElement("div");
  box.className = "notice";
  box.dataset.s = state;
  box.setAttribute("role", "status");
  const words = document.createElement("p");
  words.className = "grow";
  words.textContent = text;
  box.append(icon(state === "ok" ? "check-circle" : "alert"), words, ...acts);
  return box;
}

/**
 * Make a button.
 * @param {string} text
 * @param {() => void} act
 * @param {string} [kind]
 */
export function button(text, act, kind = "") {
  const made = document.createElement("button");
  made.type = "button";
  made.className = kind ? `btn btn--${kind}` : "btn";
  made.textContent = text;
  made.addEventListener("click", act);
  return made;
}
