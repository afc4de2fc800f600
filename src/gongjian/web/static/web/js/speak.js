// @ts-check
/** 读给我听: reads a part of the page aloud with the browser's own voice. */
import { say } from "web/words";

/** @param {HTMLElement} switcher */
export function bind(switcher) {
  if (!("speechSynthesis" in window)) {
    switcher.hidden = true;
    return;
  }
  const words = switcher.querySelector("span") ?? switcher;
  let reading = false;
  const rest = () => {
    reading = false;
    switcher.setAttribute("aria-pressed", "false");
    words.textContent = say("speak");
  };
  switcher.addEventListener("click", () => {
    speechSynthesis.cancel();
    if (reading) return rest();
    const place = document.querySelector(switcher.dataset.speak || "main");
    const sentences = place instanceof HTMLElement ? split(textOf(place)) : [];
    if (!sentences.length) return undefined;
    reading = true;
    switcher.setAttribute("aria-pressed", "true");
    words.textContent = say("speak_stop");
    for (const [at, sentence] of sentences.entries()) {
      const spoken = new SpeechSynthesisUtterance(sentence);
      spoken.lang = document.documentElement.lang === "en" ? "en-GB" : "zh-CN";
      spoken.rate = document.documentElement.dataset.mode === "elder" ? 0.85 : 1;
      if (at === sentences.length - 1) spoken.onend = rest;
      spoken.onerror = rest;
      speechSynthesis.speak(spoken);
    }
    return undefined;
  });
  window.addEventListener("pagehide", () => speechSynthesis.cancel());
}

/** What is seen, without buttons, drawings and keys. @param {HTMLElement} place */
function textOf(place) {
  const copy = /** @type {HTMLElement} */ (place.cloneNode(true));
  for (const part of copy.querySelectorAll("button, .btn, svg, kbd, .noprint, [hidden], [data-speak-not], script, template")) part.remove();
  for (const block of copy.querySelectorAll("p, li, h1, h2, h3, h4, dt, dd, tr, div")) block.append("。");
  return copy.textContent ?? "";
}

/** Long texts stop in the middle in some browsers, so one sentence follows the other. @param {string} text */
function split(text) {
  const parts = text.replace(/\s+/g, " ").match(/[^。！？；.!?;]+[。！？；.!?;]*/g) ?? [];
  return parts.map((part) => part.trim()).filter((part) => /[\p{L}\p{N}]/u.test(part));
}
