/** The middle of several rounds, and where their middle half lies. @typedef {{ median: number, low: number, high: number }} Figure */

/** @param {readonly number[]} values @returns {Figure} */
export function figure(values) {
  const sorted = [...values].sort((one, other) => one - other);
  const at = (/** @type {number} */ share) => {
    const place = share * (sorted.length - 1);
    const [below, above] = [sorted[Math.floor(place)] ?? Number.NaN, sorted[Math.ceil(place)] ?? Number.NaN];
    return below + (above - below) * (place % 1);
  };
  return { median: at(0.5), low: at(0.25), high: at(0.75) };
}

/** @param {readonly number[]} values */
export const median = (values) => figure(values).median;

/**
 * Compares round by round, each with the one that ran just before it: whatever else the machine does comes and goes, and
 * two medians over the whole run would not have seen the same of it.
 *
 * @param {readonly number[]} ones @param {readonly number[]} others
 * @param {(one: number, other: number) => number} how
 */
export const compared = (ones, others, how) => figure(ones.map((one, round) => how(one, others[round] ?? Number.NaN)));

export const difference = (/** @type {number} */ one, /** @type {number} */ other) => one - other;
export const ratio = (/** @type {number} */ one, /** @type {number} */ other) => one / other;

/**
 * Judged at the median. Where the rounds themselves disagree about the aim, that is said; and nothing costs less than
 * nothing, so a figure below zero is no figure.
 *
 * @param {Figure} value @param {number} aim
 */
function verdict({ median, low, high }, aim) {
  if (high < 0) return 'not measured, too much noise';
  const sure = aim < low || aim > high || low === high ? '' : ', within the noise';
  return `${median <= aim ? 'met' : 'NOT MET'}${sure}`;
}

/**
 * A line of the report: the figure, and where there is one the aim and whether it was met.
 *
 * @param {string} what @param {number | Figure} value @param {string} unit @param {number} [aim] @param {number} [digits]
 */
export function line(what, value, unit, aim, digits = 0) {
  const text = (/** @type {number} */ number) =>
    number.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits });
  const whole = typeof value === 'number' ? { median: value, low: value, high: value } : value;
  const half = whole.low === whole.high ? '' : `(${text(whole.low)} to ${text(whole.high)})`;
  const judged = aim === undefined ? '' : `aim ${aim.toLocaleString('en')}: ${verdict(whole, aim)}`;
  return `  ${what.padEnd(58)} ${`${text(whole.median)} ${unit}`.padStart(14)} ${half.padEnd(18)} ${judged}`.trimEnd();
}
