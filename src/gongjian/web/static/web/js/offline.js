// @ts-check
/** On the body of pages a phone opens: the service worker, the count of what is unsent, and the moments to send it. */
import { flush } from "web/courier";
import { forgetPerson, items, tidy } from "web/pocket";
import { button, notice, say } from "web/words";

const AGAIN_MS = 30_000;
const QUIET_MS = 1500;

/** @param {HTMLElement} body data-offline names the page of unsent things */
export function bind(body) {
  const page = body.dataset.offline ?? "";
  const count = () => show(page).catch(() => {});
  new BroadcastChannel("gj-pocket").addEventListener("message", count);
  tidy().then(count, () => {});
  for (const form of document.querySelectorAll("[data-forget]")) form.addEventListener("submit", () => void forgetPerson());
  const send = () => flush().catch(() => {});
  window.addEventListener("online", () => flush(true).catch(() => {}));
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && send());
  window.setInterval(send, AGAIN_MS);
  for (const moment of ["online", "offline"]) window.addEventListener(moment, signal);
  signal();
  send();
  // After the page itself: the worker fetches some hundred small files the first time.
  window.setTimeout(() => worker().catch(() => {}), QUIET_MS);
}

/** Say whether there is a signal, where a page has a place for it. */
function signal() {
  for (const bar of document.querySelectorAll("[data-sync]")) {
    /** @type {HTMLElement} */ (bar).dataset.s = navigator.onLine ? "ok" : "soon";
    const words = bar.querySelector("[data-sync-words]");
    const drawing = bar.querySelector("use");
    drawing?.setAttribute("href", (drawing.getAttribute("href") ?? "").replace(/#.*/, navigator.onLine ? "#i-wifi" : "#i-offline"));
    if (words) words.textContent = say(navigator.onLine ? "sync_on" : "sync_off");
  }
}

async function worker() {
  if (!("serviceWorker" in navigator)) return;
  const found = await navigator.serviceWorker.register("/sw.js", { updateViaCache: "none" });
  if (found.waiting && navigator.serviceWorker.controller) offer(found.waiting);
  found.addEventListener("updatefound", () => {
    const fresh = found.installing;
    fresh?.addEventListener("statechange", () => {
      if (fresh.state === "installed" && navigator.serviceWorker.controller) offer(fresh);
    });
  });
  const root = document.documentElement;
  const look = [root.lang, root.dataset.mode, root.dataset.text, root.dataset.contrast, root.dataset.theme].join(" ");
  (await navigator.serviceWorker.ready).active?.postMessage({ type: "look", look });
}

/** Nothing changes under somebody's hands: the new version comes when it is asked for. @param {ServiceWorker} fresh */
function offer(fresh) {
  if (document.querySelector("[data-update]")) return;
  const bar = notice("info", say("update_ready"), [
    button(say("update_now"), () => {
      navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
      fresh.postMessage({ type: "skip" });
    }),
  ]);
  bar.classList.add("notice--acts");
  bar.setAttribute("data-update", "");
  place(bar);
}

/** How much is unsent: in every place that counts it, and in a strip where the page has none. @param {string} page */
async function show(page) {
  const open = (await items()).filter((item) => item.state !== "sent").length;
  const places = document.querySelectorAll("[data-unsent]");
  for (const one of places) {
    one.textContent = one.hasAttribute("data-short") ? String(open) : open ? say("unsent", { n: open }) : say("unsent_none");
    one.toggleAttribute("hidden", one.hasAttribute("data-short") && !open);
  }
  document.querySelector("[data-unsent-strip]")?.remove();
  if (!open || places.length || !page) return;
  const link = document.createElement("a");
  link.className = "btn";
  link.href = page;
  link.textContent = say("unsent_see");
  const bar = notice("soon", say("unsent", { n: open }), [link]);
  bar.classList.add("notice--acts");
  bar.setAttribute("data-unsent-strip", "");
  place(bar);
}

/** @param {HTMLElement} bar */
function place(bar) {
  const main = document.querySelector("main");
  (main?.querySelector(".page, .formpage") ?? main)?.prepend(bar);
}
