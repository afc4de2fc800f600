// @ts-check
/**
 * A flat map: land and communities from our own GeoJSON, no tiles unless the installation has its own. A list stands
 * beside every map; whoever cannot use it writes the address.
 */
import { datumOf } from "web/datum";
import { leaflet } from "web/leaflet";
import { announce, say } from "web/words";

const NAMES_FROM = 14;

/**
 * @typedef {{lat: number, lon: number, zoom: number, ground: string, pick: boolean, fit?: boolean, ring: number, latInto: string,
 *   lonInto: string, points: {n: string, lat: number, lon: number, name: string, url?: string}[],
 *   tiles: {url: string, attribution: string, datum: string, max_zoom: number}[]}} Facts
 */

/** @param {HTMLElement} box */
export async function bind(box) {
  /** @type {Facts} */
  const facts = JSON.parse(document.getElementById(box.dataset.map ?? "")?.textContent ?? "{}");
  const L = await leaflet(box.dataset.mapScript ?? "");
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const map = L.map(box, {
    attributionControl: facts.tiles.length > 0,
    zoomControl: false,
    scrollWheelZoom: false,
    zoomAnimation: !still,
    fadeAnimation: false,
    minZoom: 10,
    maxZoom: 18,
  }).setView(datumOf(facts.tiles).out([facts.lat, facts.lon]), facts.zoom);
  map.attributionControl?.setPrefix("");
  L.control.zoom({ position: "topright", zoomInTitle: say("map_zoom_in"), zoomOutTitle: say("map_zoom_out") }).addTo(map);
  for (const { url, attribution, max_zoom: most } of facts.tiles) L.tileLayer(url, { attribution, maxNativeZoom: most }).addTo(map);
  ground(L, map, facts, box);
  for (const point of facts.points) number(L, map, facts, point);
  const shown = facts.points.map(({ lat, lon }) => datumOf(facts.tiles).out([lat, lon]));
  if (facts.fit && shown.length) map.fitBounds(shown, { maxZoom: 17, padding: [44, 44], animate: false });
  if (facts.pick || facts.ring || !facts.points.length) place(L, map, box, facts);
  matchMedia("print").addEventListener("change", () => map.invalidateSize({ animate: false }));
  // A map in a step that is not shown yet has no size until then.
  new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(box);
  box.dataset.mapReady = "";
}

/** @param {any} L @param {any} map @param {Facts} facts @param {HTMLElement} box */
async function ground(L, map, facts, box) {
  const url = facts.ground || (box.dataset.mapGround ?? "");
  const { out } = datumOf(facts.tiles);
  box.classList.toggle("map--tiles", facts.tiles.length > 0);
  const answer = url ? await fetch(url).catch(() => null) : null;
  if (!answer?.ok) return;
  const shapes = await answer.json();
  if (!shapes.synthetic) box.querySelector(".map__note")?.remove();
  const name = document.documentElement.lang === "en" ? "name_en" : "name_zh";
  const far = () => box.classList.toggle("map--far", map.getZoom() < NAMES_FROM);
  map.on("zoomend", far);
  far();
  const kinds = { sea: "ground-sea", land: "ground-land", community: "ground-community" };
  map.createPane("ground").style.zIndex = "200"; // under rings and markers, whenever it arrives
  L.geoJSON(shapes, {
    pane: "ground",
    interactive: false,
    coordsToLatLng: (/** @type {[number, number]} */ [lon, lat]) => L.latLng(out([lat, lon])),
    style: (/** @type {any} */ feature) => ({ className: /** @type {any} */ (kinds)[feature.properties.kind] ?? kinds.community }),
    onEachFeature: (/** @type {any} */ feature, /** @type {any} */ layer) => {
      const { kind, [name]: words } = feature.properties;
      if (kind === "community" && words) layer.bindTooltip(words, { permanent: true, direction: "center", className: "ground-name", interactive: false });
    },
  }).addTo(map);
}

/** A numbered neighbour that matches the list. @param {any} L @param {any} map @param {Facts} facts @param {Facts["points"][number]} point */
function number(L, map, facts, point) {
  const size = point.url ? 44 : 26; // what a finger can hit, or what an eye can read
  const icon = L.divIcon({ className: "pin-n", html: "", iconSize: [size, size] });
  const marker = L.marker(datumOf(facts.tiles).out([point.lat, point.lon]), { icon, title: point.name, keyboard: Boolean(point.url), interactive: Boolean(point.url) });
  marker.addTo(map);
  marker.getElement().textContent = point.n;
  if (point.url) marker.on("click", () => location.assign(/** @type {string} */ (point.url)));
}

/** The place itself, with its ring; movable where it is asked for. @param {any} L @param {any} map @param {HTMLElement} box @param {Facts} facts */
function place(L, map, box, facts) {
  const lat = field(facts.latInto);
  const lon = field(facts.lonInto);
  const { out, back } = datumOf(facts.tiles);
  let at = out([Number(lat?.value) || facts.lat, Number(lon?.value) || facts.lon]);
  const icon = L.divIcon({ className: "pin-here", html: "", iconSize: [28, 36], iconAnchor: [14, 36] });
  const marker = L.marker(at, { icon, interactive: false, keyboard: false }).addTo(map);
  const ring = facts.ring ? L.circle(at, { radius: facts.ring, className: "ground-ring", interactive: false }).addTo(map) : null;
  if (!facts.pick) return;

  const show = (/** @type {number} */ toLat, /** @type {number} */ toLon) => {
    at = out([toLat, toLon]);
    marker.setLatLng(at).setOpacity(1);
    ring?.setLatLng(at);
  };
  // The form has another place than the pin, or none.
  box.addEventListener("map:set", (/** @type {any} */ { detail }) => {
    if (!detail) return void marker.setOpacity(0);
    show(detail.lat, detail.lon);
    map.setView(at, 16, { animate: false });
  });
  const move = (/** @type {number} */ toLat, /** @type {number} */ toLon, /** @type {string} */ words) => {
    show(toLat, toLon);
    if (lat) lat.value = toLat.toFixed(6);
    if (lon) lon.value = toLon.toFixed(6);
    announce(words);
    lat?.dispatchEvent(new Event("change", { bubbles: true }));
    box.dispatchEvent(new CustomEvent("map:move", { bubbles: true, detail: { lat: toLat, lon: toLon } }));
  };
  const told = (/** @type {number} */ y, /** @type {number} */ x) => say("map_at", { lat: y.toFixed(5), lon: x.toFixed(5) });
  const point = (/** @type {any} */ { lat: y, lng: x }) => {
    const [trueLat, trueLon] = back([y, x]);
    move(trueLat, trueLon, told(trueLat, trueLon));
  };
  map.on("click", (/** @type {any} */ event) => point(event.latlng));
  box.addEventListener("keydown", (event) => {
    if (event.target !== box || (event.key !== "Enter" && event.key !== " ")) return;
    event.preventDefault();
    point(map.getCenter());
  });
  for (const button of document.querySelectorAll("[data-map-here]")) {
    /** @type {HTMLElement} */ (button).hidden = !("geolocation" in navigator);
    button.addEventListener("click", () =>
      navigator.geolocation.getCurrentPosition(
        ({ coords }) => {
          move(coords.latitude, coords.longitude, say("map_here"));
          map.setView(at, 16, { animate: false });
        },
        () => announce(say("map_no_place")),
        { timeout: 10000, enableHighAccuracy: true },
      ),
    );
  }
}

/** @param {string} name @returns {HTMLInputElement | null} */
function field(name) {
  const found = name && document.querySelector(`input[name="${CSS.escape(name)}"]`);
  return found instanceof HTMLInputElement ? found : null;
}
