// @ts-check
/** Leaflet is a classic script; it is fetched once, and only by pages with a map. @param {string} source @returns {Promise<any>} */
export function leaflet(source) {
  const known = /** @type {any} */ (window).L;
  if (known) return Promise.resolve(known);
  return new Promise((done, fail) => {
    const script = document.createElement("script");
    script.src = source;
    script.addEventListener("load", () => done(/** @type {any} */ (window).L));
    script.addEventListener("error", fail);
    document.head.append(script);
  });
}
