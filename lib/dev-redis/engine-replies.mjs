/** A status reply such as `OK`; a script sees it as a table with the field `ok`. */
export class Status {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
  }
}

export const OK = new Status('OK');

/** An error reply. @param {string} text @param {string} [code] */
export const fail = (text, code = 'ERR') => new Error(`${code} ${text}`);

const NOT_AN_INTEGER = 'value is not an integer or out of range';

/** A 64-bit integer as Redis reads it: no sign but `-`, no leading zero, no space. @param {string} text */
export function integer(text, message = NOT_AN_INTEGER) {
  if (!/^(0|-?[1-9]\d{0,18})$/.test(text)) throw fail(message);
  const value = BigInt(text);
  if (value > 9223372036854775807n || value < -9223372036854775808n) throw fail(message);
  return value;
}

/** The sum as text, within 64 bits. @param {bigint} one @param {bigint} other */
export function sum(one, other) {
  const result = one + other;
  if (result > 9223372036854775807n || result < -9223372036854775808n)
    throw fail('increment or decrement would overflow');
  return result;
}

/** When something ends that was given as a duration or a time. @param {string} text @param {number} unit ms @param {number} base ms */
export function expiry(text, unit, base, name = 'set') {
  const amount = integer(text);
  const invalid = () => fail(`invalid expire time in '${name}' command`);
  if (amount <= 0n || amount * BigInt(unit) > 9223372036854775807n - BigInt(base)) throw invalid();
  return Number(amount) * unit + base;
}
