// @ts-check
/**
 * Where a Chinese map draws a place. Everything of ours is WGS-84; over tiles in GCJ-02 it is drawn shifted, and what
 * somebody points at is shifted back. The polynomial is GCJ-02's own, as in gongjian.places.rules.
 */

const AXIS = 6378245;
const ECCENTRICITY = 0.006693421622965943;
const ROUNDS = 4; // each makes the rest a thousand times smaller

/** @typedef {[number, number]} Place latitude, longitude in degrees */

/** @param {Place} place @returns {Place} the shift in degrees */
function shift([lat, lon]) {
  const { sin, cos, sqrt, abs, PI } = Math;
  const [x, y] = [lon - 105, lat - 35];
  const waves = ((20 * sin(6 * x * PI) + 20 * sin(2 * x * PI)) * 2) / 3;
  let north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + waves;
  north += ((20 * sin(y * PI) + 40 * sin((y / 3) * PI)) * 2) / 3;
  north += ((160 * sin((y / 12) * PI) + 320 * sin((y * PI) / 30)) * 2) / 3;
  let east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + waves;
  east += ((20 * sin(x * PI) + 40 * sin((x / 3) * PI)) * 2) / 3;
  east += ((150 * sin((x / 12) * PI) + 300 * sin((x / 30) * PI)) * 2) / 3;
  const turn = (lat / 180) * PI;
  const bend = 1 - ECCENTRICITY * sin(turn) ** 2;
  const degree = PI / 180;
  return [north / (((AXIS * (1 - ECCENTRICITY)) / (bend * sqrt(bend))) * degree), east / ((AXIS / sqrt(bend)) * cos(turn) * degree)];
}

/** @type {{out: (place: Place) => Place, back: (place: Place) => Place}} */
const same = { out: (place) => place, back: (place) => place };

/** @type {typeof same} */
const shifted = {
  out: ([lat, lon]) => {
    const [north, east] = shift([lat, lon]);
    return [lat + north, lon + east];
  },
  back: (drawn) => {
    /** @type {Place} */
    let guess = drawn;
    for (let round = 0; round < ROUNDS; round += 1) {
      const [lat, lon] = shifted.out(guess);
      guess = [guess[0] - (lat - drawn[0]), guess[1] - (lon - drawn[1])];
    }
    return guess;
  },
};

/** How to draw over these tiles; without tiles, as it is. @param {{datum?: string}[]} tiles */
export function datumOf(tiles) {
  return tiles.some((one) => one.datum === "gcj02") ? shifted : same;
}
