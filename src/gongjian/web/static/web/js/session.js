// @ts-check
/** Says in time that the session will end, and keeps it with one press. Nothing typed is thrown away. */
import { button, notice, say } from "web/words";

const WARN_SECONDS = 300;

/** @param {HTMLElement} body */
export function bind(body) {
  const seconds = Number(body.dataset.sessionSeconds);
  if (seconds > 0) wait(body.dataset.sessionKeep ?? "", seconds);
}

/** @param {string} url @param {number} seconds */
function wait(url, seconds) {
  const ends = Date.now() + seconds * 1000;
  // A sleeping computer stops timers, so the clock is read instead of counted.
  const timer = window.setInterval(() => {
    const left = (ends - Date.now()) / 1000;
    if (left > WARN_SECONDS) return;
    clearInterval(timer);
    if (left > 0) warn(url, ends);
    else over();
  }, 1000);
}

/** @param {string} url @param {number} ends */
function warn(url, ends) {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog stack stack--3";
  dialog.setAttribute("aria-labelledby", "session-t");
  const head = document.createElement("h2");
  head.id = "session-t";
  head.textContent = say("session_title");
  const words = document.createElement("p");
  words.textContent = say("session", { n: Math.max(1, Math.round((ends - Date.now()) / 60000)) });
  const end = window.setTimeout(() => {
    dialog.close();
    over();
  }, ends - Date.now());
  const stay = button(
    say("session_stay"),
    async () => {
      const seconds = await keep(url);
      if (!seconds) return;
      clearTimeout(end);
      dialog.close();
      wait(url, seconds);
    },
    "main",
  );
  dialog.append(head, words, stay);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

/** @param {string} url @returns {Promise<number>} seconds of the renewed session, 0 if it could not be renewed */
async function keep(url) {
  const token = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}");
  try {
    const answer = await fetch(url, { method: "POST", headers: { ...token, Accept: "application/json" }, credentials: "same-origin" });
    if (!answer.ok || answer.redirected) return 0;
    return Number((await answer.json()).seconds) || 0;
  } catch {
    return 0;
  }
}

function over() {
  const bar = notice("late", say("session_over"));
  document.querySelector("main")?.prepend(bar);
  bar.scrollIntoView({ block: "nearest" });
}
