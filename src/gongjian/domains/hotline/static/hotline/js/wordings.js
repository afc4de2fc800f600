// @ts-check
/** Puts a wording into the answer where the cursor stands: opened beside the editor, chosen by number or by click. */
import { button, notice, say } from "web/words";

/** @param {HTMLAnchorElement} link */
export function bind(link) {
  link.addEventListener("click", async (event) => {
    const editor = document.getElementById(link.dataset.editor ?? "");
    if (!(editor instanceof HTMLTextAreaElement)) return;
    event.preventDefault();
    try {
      const answer = await fetch(link.href, { headers: { "X-Fragment": "1" }, credentials: "same-origin" });
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      show(await answer.text(), link, editor);
    } catch {
      link.after(notice("late", say("failed")));
    }
  });
}

/** @param {string} list @param {HTMLElement} link @param {HTMLTextAreaElement} editor */
function show(list, link, editor) {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog dialog--wide stack stack--3";
  dialog.setAttribute("aria-labelledby", "wordings-t");
  const head = document.createElement("h2");
  head.id = "wordings-t";
  head.textContent = link.dataset.keyLabel ?? "";
  const body = document.createElement("div");
  body.append(...new DOMParser().parseFromString(list, "text/html").body.childNodes);
  for (const form of body.querySelectorAll("form[data-offer]")) {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (await take(/** @type {HTMLFormElement} */ (form), editor)) dialog.close();
    });
  }
  dialog.append(head, body, button(say("close"), () => dialog.close()));
  dialog.addEventListener("close", () => {
    dialog.remove();
    editor.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  const first = body.querySelector("button");
  if (first) first.focus();
}

/** @param {HTMLFormElement} form @param {HTMLTextAreaElement} editor */
async function take(form, editor) {
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body: new FormData(form),
      headers: { "X-Fragment": "1" },
      credentials: "same-origin",
    });
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    insert(editor, (await answer.json()).text);
    return true;
  } catch {
    form.prepend(notice("late", say("failed")));
    return false;
  }
}

/** Put the text where the cursor stands; what stood there stays. @param {HTMLTextAreaElement} editor @param {string} text */
function insert(editor, text) {
  const before = editor.value.slice(0, editor.selectionStart);
  const gap = before && !before.endsWith("\n") ? "\n" : "";
  editor.setRangeText(gap + text, editor.selectionStart, editor.selectionEnd, "end");
  editor.dispatchEvent(new Event("input", { bubbles: true }));
}
