// The service worker, after GJ (what to keep), web/pocket and web/courier. Pages of people are never kept: only files
// that are the same for everybody, and shells without anybody's data.
/* global GJ, forgetPerson, flush */
"use strict";

const STATIC = `gj-static-${GJ.version}`;
const SHELL = `gj-shell-${GJ.version}`;
const LOOK = "/phone/look"; // where the worker notes how its shells look; no such page
const FRESH_MS = 24 * 3600 * 1000;

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("sync", (event) => {
  if (event.tag === "gj-send") event.waitUntil(flush(true));
});
self.addEventListener("message", (event) => {
  const { type, look } = event.data ?? {};
  if (type === "skip") self.skipWaiting();
  if (type === "look") event.waitUntil(renew(look));
  if (type === "forget") event.waitUntil(forgetPerson());
});
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin) return;
  if (request.mode === "navigate") event.respondWith(page(request, url));
  else if (request.method === "GET" && GJ.assets.includes(url.pathname)) event.respondWith(asset(request));
  else if (request.method === "GET" && GJ.ground.includes(url.pathname)) event.respondWith(ground(request));
});

async function install() {
  const cache = await caches.open(STATIC);
  await cache.addAll(GJ.assets.map((address) => new Request(address, { cache: "reload" })));
  await shells();
}

async function activate() {
  const old = (await caches.keys()).filter((name) => name.startsWith("gj-") && ![STATIC, SHELL].includes(name));
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

/** Fetch the shells as this browser reads: language, size of letters and colours come from its cookies. */
async function shells() {
  const cache = await caches.open(SHELL);
  for (const address of [...GJ.shells, ...GJ.ground]) {
    const answer = await fetch(new Request(address, { cache: "reload", credentials: "same-origin" }));
    if (answer.ok && !answer.redirected) await cache.put(address, answer);
  }
}

/** Fetch the shells again when the reader has chosen another look, and once a day. */
async function renew(look) {
  const cache = await caches.open(SHELL);
  const known = await (await cache.match(LOOK))?.json();
  if (known?.look === look && Date.now() - known.at < FRESH_MS) return;
  try {
    await shells();
    await cache.put(LOOK, new Response(JSON.stringify({ look, at: Date.now() })));
  } catch {
    // Without a signal the shells stay as they are.
  }
}

async function page(request, url) {
  try {
    const answer = await fetch(request);
    if (request.method === "POST" && url.pathname === GJ.signOut) await forgetPerson();
    return answer;
  } catch {
    return (await shell(url.pathname)) ?? Response.error();
  }
}

/** The shell that stands for an address without a signal. */
async function shell(path) {
  const cache = await caches.open(SHELL);
  const found = GJ.routes.find(([prefix]) => path.startsWith(prefix));
  return found ? cache.match(found[1], { ignoreVary: true }) : undefined;
}

async function asset(request) {
  const cache = await caches.open(STATIC);
  return (await cache.match(request, { ignoreVary: true, ignoreSearch: true })) ?? fetch(request);
}

/** The ground of the maps: the newest there is. */
async function ground(request) {
  const cache = await caches.open(SHELL);
  try {
    const answer = await fetch(request);
    if (answer.ok) await cache.put(request, answer.clone());
    return answer;
  } catch {
    return (await cache.match(request, { ignoreVary: true })) ?? Response.error();
  }
}
