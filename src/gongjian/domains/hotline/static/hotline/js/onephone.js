// @ts-check
/** Five steps on one page that a phone keeps: everything typed is written down at once, and sent when there is a signal. */
import { entrust, flush, hello, newKey } from "web/courier";
import { hold } from "web/held";
import { dropValue, keepValue, keptValues, knownOwner, pocket } from "web/pocket";
import { carryOn, fieldsOf, restore } from "web/store";
import { clock, notice, say } from "web/words";
import { answers, complain, fault, part, trouble, words } from "hotline/onecheck";
import { direct } from "hotline/onedirect";

const STEPS = ["what", "where", "describe", "contact", "check"];
const CAMERA_FIRST = ["describe", "where", "what", "contact", "check"];
const DRAFT = "draft:report"; // with the key of the draft behind it: each tab's report is its own
const DRAFT_DAYS = 7;
const QUIET_MS = 400;

/** @param {HTMLFormElement} form */
export async function bind(form) {
  const order = new URLSearchParams(location.search).has("camera") ? CAMERA_FIRST : STEPS;
  let step = 0;
  let key = newKey();
  let place = `${DRAFT}:${key}`;
  let timer = 0;

  const write = async () => {
    clearTimeout(timer);
    const photos = [...(files(form)?.files ?? [])].map((file) => ({ name: file.name, blob: file }));
    try {
      await keepValue(place, { key, fields: fieldsOf(form), photos, step }, { days: DRAFT_DAYS });
      part(form, "[data-kept]").textContent = say("draft", { time: clock() });
    } catch (error) {
      complain(form, [["", trouble(error)]]);
    }
  };
  const soon = () => {
    clearTimeout(timer);
    timer = window.setTimeout(write, QUIET_MS);
  };
  const go = (/** @type {number} */ to) => {
    step = Math.max(0, Math.min(order.length - 1, to));
    for (const section of form.querySelectorAll("[data-step]")) {
      section.toggleAttribute("hidden", /** @type {HTMLElement} */ (section).dataset.step !== order[step]);
    }
    const told = words();
    part(form, "[data-step-words]").textContent = told.step.replace("{n}", String(step + 1)).replace("{all}", String(order.length));
    /** @type {HTMLProgressElement} */ (part(form, "progress")).value = step + 1;
    part(form, "[data-back]").toggleAttribute("hidden", step === 0);
    part(form, "[data-next]").textContent = order[step] === "check" ? told.send : told.next;
    complain(form, []);
    if (order[step] === "check") answers(form, part(form, "[data-answers]"), (name) => go(order.indexOf(name)));
    scrollTo({ top: 0 });
  };

  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
  form.addEventListener("photos:change", soon);
  part(form, "[data-back]").addEventListener("click", () => go(step - 1));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const wrong = fault(form, order[step]);
    if (wrong.length) return complain(form, wrong);
    await write();
    if (order[step] !== "check") {
      go(step + 1);
      if (order[step] === "describe") prefill(form);
      return part(form, `[data-step="${order[step]}"] h1`).focus({ preventScroll: true });
    }
    try {
      await hand(form, key, place);
    } catch (error) {
      // Nothing can be kept here: with a signal it still goes at once.
      const went = await direct(form, key);
      if (!went) complain(form, [["", trouble(error)]]);
      if (went !== "sent") return;
    }
    key = newKey();
    place = `${DRAFT}:${key}`;
    hold(place);
    form.reset();
    form.dispatchEvent(new CustomEvent("photos:clear"));
    after(form, true);
  });
  document.querySelector("[data-another]")?.addEventListener("click", () => {
    after(form, false);
    go(0);
  });

  await pocket().catch((error) => form.before(notice("late", trouble(error))));
  const found = await left();
  const draft = found?.value;
  if (found && (await hold(found.key))) [key, place] = [draft.key || key, found.key];
  else hold(place);
  if (draft) {
    restore(form, draft.fields);
    carryOn(form, draft.fields, "ask-"); // answers to what the topic asks besides
    give(form, draft.photos);
    if (order[draft.step] === "describe") prefill(form);
  }
  form.hidden = false;
  go(draft?.step ?? 0);
  form.dataset.ready = "";
  hello();
}

/** The draft this address names, else the newest that no other tab is writing. @returns {Promise<import("web/pocket").Kept | null>} */
async function left() {
  const named = new URLSearchParams(location.search).get("draft");
  const found = await keptValues(DRAFT).catch(() => []);
  const own = named && found.find((one) => one.value.key === named);
  if (own) return own;
  for (const one of found) if (await hold(one.key)) return one;
  return null;
}

/** From here on it is on the phone; whoever is not signed in now writes as nobody. @param {HTMLFormElement} form @param {string} key @param {string} place */
async function hand(form, key, place) {
  const photos = [...(files(form)?.files ?? [])].map((file) => ({ name: file.name, blob: file }));
  const text = /** @type {HTMLTextAreaElement} */ (form.elements.namedItem("description")).value.trim();
  const title = text.length > 20 ? `${text.slice(0, 20)}…` : text;
  await entrust({ id: key, url: form.dataset.send ?? "", title, fields: fieldsOf(form), photos, owner: await knownOwner() });
  await dropValue(place);
  void flush(true);
  const registration = /** @type {any} */ (await navigator.serviceWorker?.getRegistration());
  registration?.sync?.register("gj-send").catch(() => {});
}

/** The few words of the first step are where the longer ones begin. @param {HTMLFormElement} form */
function prefill(form) {
  const [short, long] = ["words", "description"].map((name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name)));
  if (!long.value) long.value = short.value;
}

/** @param {HTMLFormElement} form @param {boolean} done */
function after(form, done) {
  form.hidden = done;
  document.querySelector("[data-after]")?.toggleAttribute("hidden", !done);
  if (done) /** @type {HTMLElement | null} */ (document.querySelector("[data-after] h1"))?.focus();
}

/** @param {HTMLFormElement} form @returns {HTMLInputElement | null} */
const files = (form) => form.querySelector("input[type=file]");

/** @param {HTMLFormElement} form @param {{name: string, blob: Blob}[]} photos */
function give(form, photos) {
  const input = files(form);
  if (input && photos?.length) input.dispatchEvent(new CustomEvent("photos:give", { detail: photos }));
}
