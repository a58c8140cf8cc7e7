/** @param {readonly number[]} values */
export function median(values) {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/**
 * A line of the report: the figure, and where there is one the aim and whether it was met.
 *
 * @param {string} what @param {number} figure @param {string} unit @param {number} [aim] @param {number} [digits]
 */
export function line(what, figure, unit, aim, digits = 0) {
  const number = figure.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits });
  const judged = aim === undefined ? '' : `aim ${aim.toLocaleString('en')}: ${figure <= aim ? 'met' : 'NOT MET'}`;
  return `  ${what.padEnd(58)} ${`${number} ${unit}`.padStart(14)}   ${judged}`.trimEnd();
}
