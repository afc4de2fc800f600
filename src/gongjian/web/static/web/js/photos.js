// @ts-check
/** Photos of a form: made smaller before they travel, seen, counted and removable. Without script: a plain file field. */
import { announce, button, say } from "web/words";

const LONGEST = 1920;
const QUALITY = 0.85;
const WORTH_SAYING = 2_000_000;

/** @param {HTMLElement} box */
export function bind(box) {
  const input = /** @type {HTMLInputElement | null} */ (box.querySelector("input[type=file]"));
  const list = box.querySelector("[data-photos-list]");
  const count = box.querySelector("[data-photos-count]");
  if (!input || !list || !count) return;
  const max = Number(box.dataset.photosMax) || 5;
  /** @type {File[]} */
  let photos = [];

  input.addEventListener("change", async () => {
    const added = [...(input.files ?? [])].filter((file) => !photos.includes(file));
    const words = [];
    box.setAttribute("aria-busy", "true");
    const room = max - photos.length;
    for (const file of added.slice(0, room)) {
      const { photo, said } = await smaller(file, input.accept);
      if (photo) photos.push(photo);
      if (said) words.push(said);
    }
    if (added.length > room) words.push(say("photos_full", { max }));
    box.removeAttribute("aria-busy");
    show(words);
  });

  input.addEventListener("photos:give", (event) => {
    const kept = /** @type {CustomEvent<{name: string, blob: Blob}[]>} */ (event).detail;
    photos = kept.map(({ name, blob }) => new File([blob], name, { type: blob.type }));
    show();
  });
  input.form?.addEventListener("photos:clear", () => {
    photos = [];
    show();
  });

  function show(/** @type {string[]} */ words = []) {
    const carrier = new DataTransfer();
    for (const photo of photos) carrier.items.add(photo);
    /** @type {HTMLInputElement} */ (input).files = carrier.files;
    for (const image of list?.querySelectorAll("img") ?? []) URL.revokeObjectURL(image.src);
    list?.replaceChildren(...photos.map(tile));
    const text = [say("photos", { n: photos.length, max }), ...words].join(" ");
    if (count) count.textContent = text;
    announce(text);
    box.dispatchEvent(new CustomEvent("photos:change", { bubbles: true }));
  }

  function tile(/** @type {File} */ photo, /** @type {number} */ at) {
    const item = document.createElement("li");
    if (/^image\/(jpeg|png|webp|gif)$/.test(photo.type)) {
      const image = document.createElement("img");
      image.src = URL.createObjectURL(photo);
      image.alt = say("photo_name", { n: at + 1 });
      item.append(image);
    } else {
      item.append(photo.name);
    }
    const remove = button(say("photo_remove", { n: at + 1 }), () => {
      photos = photos.filter((one) => one !== photo);
      show();
      input?.focus();
    });
    item.append(remove);
    return item;
  }
}

/**
 * Return the photo no longer than 1920 px, as JPEG. What the browser cannot read (HEIC) goes as it is: the server can.
 * @param {File} file
 * @param {string} accept
 * @returns {Promise<{photo: File | null, said: string}>}
 */
async function smaller(file, accept) {
  if (!file.type.startsWith("image/")) {
    return accept.includes("image") && !accept.includes(",") ? { photo: null, said: say("photo_unread") } : { photo: file, said: "" };
  }
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
    if (scale === 1 && file.type === "image/jpeg" && file.size < WORTH_SAYING) return { photo: file, said: "" };
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
    /** @type {Blob | null} */
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
    if (!blob || blob.size >= file.size) return { photo: file, said: "" };
    const photo = new File([blob], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg" });
    return { photo, said: file.size > WORTH_SAYING ? say("photo_smaller", { size: size(blob.size) }) : "" };
  } catch {
    return { photo: file, said: "" };
  }
}

/** @param {number} bytes */
function size(bytes) {
  return bytes >= 1_000_000 ? `${(bytes / 1_000_000).toFixed(1)} MB` : `${Math.ceil(bytes / 1000)} KB`;
}
