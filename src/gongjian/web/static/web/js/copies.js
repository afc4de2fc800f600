// @ts-check
/** A form's copy in this browser, one for each window: offered on return, never put in unasked. */
import { hold } from "web/held";
import { fieldsOf, forget, keep, kept, names, restore } from "web/store";
import { button, clock, notice, say } from "web/words";

/** @typedef {import("web/store").Copy} Copy */

/**
 * Return the name under which this window keeps its copy, and offer what it kept before or what a closed window left.
 * Names are "form:draft"; windows of one form share what stands before the colon.
 * @param {HTMLFormElement} form @param {string} base @param {string} state of the notice
 */
export async function ownCopy(form, base, state) {
  const name = (await hold(base)) ? base : `${base}~${Date.now()}`;
  const left = kept(name) ? name : await orphan(base, name);
  const copy = left && kept(left);
  if (left && copy && worth(form, copy)) offer(form, name, left, copy, state);
  return name;
}

/** A copy that no open window writes to. @param {string} base @param {string} name */
async function orphan(base, name) {
  const family = base.split(":")[0];
  if (family === base) return "";
  for (const other of names(family).filter((one) => one === family || one.startsWith(`${family}:`))) {
    if (other !== name && kept(other) && (await hold(other))) return other;
  }
  return "";
}

/** @param {HTMLFormElement} form @param {Copy} copy */
function worth(form, copy) {
  return copy.fields.some(([, value]) => value.trim()) && JSON.stringify(copy.fields) !== JSON.stringify(fieldsOf(form));
}

/** @param {HTMLFormElement} form @param {string} name @param {string} left @param {Copy} copy @param {string} state */
function offer(form, name, left, copy, state) {
  const take = button(say("draft_take"), () => {
    restore(form, copy.fields);
    keep(name, form);
    if (left !== name) forget(left);
    bar.remove();
  });
  const drop = button(say("draft_drop"), () => {
    forget(left);
    bar.remove();
  }, "quiet");
  const bar = notice(state, say("draft_found", { time: clock(new Date(copy.at)) }), [take, drop]);
  bar.classList.add("notice--acts");
  form.prepend(bar);
}
