// @ts-check
/**
 * What this phone keeps by itself: things to be sent, drafts, the field list. Also part of the service worker, which
 * cannot use the import map: no import may stand in this file.
 */

/**
 * @typedef {{field: string, label: string, message: string, clear?: boolean}} Fault
 * @typedef {{label: string, url: string, fields: Record<string, string>}} Choice
 * @typedef {{title?: string, words?: string, facts?: [string, string][], url?: string, version?: number, errors?: Fault[], choices?: Choice[]}} Answer
 * @typedef {{id: string, owner: string, about: string, url: string, title: string, at: number, fields: [string, string][],
 *   photos: {name: string, blob: Blob}[], count: number, state: "waiting" | "sent" | "refused" | "conflict", tries: number,
 *   next: number, sentAt?: number, answer: Answer | null}} Item
 * @typedef {{key: string, owner: string, at: number, until: number, value: any}} Kept
 */

const DAY_MS = 24 * 3600 * 1000;
const SENT_DAYS = 30;

/** @type {Promise<IDBDatabase> | null} */
let opened = null;

/** Fails where the browser keeps nothing: private mode, or storage switched off. @returns {Promise<IDBDatabase>} */
export function pocket() {
  opened ??= new Promise((done, fail) => {
    const request = indexedDB.open("gongjian", 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("items", { keyPath: "id" });
      request.result.createObjectStore("keeps", { keyPath: "key" });
    };
    request.onsuccess = () => {
      request.result.onversionchange = () => request.result.close();
      done(request.result);
    };
    request.onerror = () => fail(request.error);
  });
  opened.catch(() => (opened = null));
  return opened;
}

/**
 * Run one request and wait until it is on the disk, not only in the queue.
 * @param {"items" | "keeps"} store
 * @param {IDBTransactionMode} mode
 * @param {(from: IDBObjectStore) => IDBRequest} ask
 */
async function run(store, mode, ask) {
  const base = await pocket();
  return new Promise((done, fail) => {
    const deal = base.transaction(store, mode, { durability: mode === "readwrite" ? "strict" : "default" });
    const request = ask(deal.objectStore(store));
    deal.oncomplete = () => done(request.result);
    deal.onerror = deal.onabort = () => fail(deal.error ?? request.error);
  });
}

/** @returns {Promise<Item[]>} oldest first */
export async function items() {
  const found = /** @type {Item[]} */ (await run("items", "readonly", (from) => from.getAll()));
  return found.sort((one, other) => one.at - other.at);
}

/** Fails with QuotaExceededError where the phone is full. @param {Item} item */
export async function putItem(item) {
  await run("items", "readwrite", (into) => into.put(item));
  tellPages();
}

/** @param {string} id */
export async function dropItem(id) {
  await run("items", "readwrite", (from) => from.delete(id));
  tellPages();
}

/** Keep a value under a key for some days. @param {string} key @param {any} value @param {{owner?: string, days: number}} terms */
export async function keepValue(key, value, { owner = "", days }) {
  const at = Date.now();
  await run("keeps", "readwrite", (into) => into.put({ key, owner, at, until: at + days * DAY_MS, value }));
}

/** @param {string} key @returns {Promise<Kept | null>} nothing once its time is over */
export async function keptValue(key) {
  const found = /** @type {Kept | undefined} */ (await run("keeps", "readonly", (from) => from.get(key)));
  return found && found.until > Date.now() ? found : null;
}

/** @param {string} beginning @returns {Promise<Kept[]>} what is kept under keys that begin so, newest first */
export async function keptValues(beginning) {
  const keys = IDBKeyRange.bound(beginning, `${beginning}\uffff`);
  const found = /** @type {Kept[]} */ (await run("keeps", "readonly", (from) => from.getAll(keys)));
  return found.filter((one) => one.until > Date.now()).sort((one, other) => other.at - one.at);
}

/** @param {string} key */
export async function dropValue(key) {
  await run("keeps", "readwrite", (from) => from.delete(key));
}

/** Who was signed in when the server was last heard. @returns {Promise<string>} a tag, no name; empty for nobody */
export async function knownOwner() {
  return (await keptValue("who"))?.value ?? "";
}

/** Somebody signs out: what was kept for reading goes; what is unsent stays and waits for its writer. */
export async function forgetPerson() {
  const kept = /** @type {Kept[]} */ (await run("keeps", "readonly", (from) => from.getAll()));
  for (const one of kept) if (one.owner) await dropValue(one.key);
  for (const item of await items()) if (item.owner && item.state === "sent") await dropItem(item.id);
  tellPages();
}

/** Everything goes, sent or not: for a phone that others use too. */
export async function forgetAll() {
  await run("items", "readwrite", (from) => from.clear());
  await run("keeps", "readwrite", (from) => from.clear());
  tellPages();
}

/** Drop what is past its time. */
export async function tidy() {
  const kept = /** @type {Kept[]} */ (await run("keeps", "readonly", (from) => from.getAll()));
  for (const one of kept) if (one.until <= Date.now()) await dropValue(one.key);
  for (const item of await items()) if (item.state === "sent" && (item.sentAt ?? 0) < Date.now() - SENT_DAYS * DAY_MS) await dropItem(item.id);
}

/** Let every open page and the worker know that something changed. */
export function tellPages() {
  const channel = new BroadcastChannel("gj-pocket");
  channel.postMessage("changed");
  channel.close();
}
