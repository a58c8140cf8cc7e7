import { fail } from './engine-replies.mjs';

/** A number as `strtod` of C reads it, hexadecimal ones left out. @param {string} text */
export function float(text, message = 'value is not a valid float') {
  if (/^[+-]?inf(inity)?$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  const [, digits] = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.exec(text) ?? [];
  const value = Number(text);
  const isUnderflow = value === 0 && /[1-9]/.test(digits ?? '');
  if (digits === undefined || !Number.isFinite(value) || isUnderflow) throw fail(message);
  return value;
}

/** As C prints it with `%.17g`: numbers out of Lua and, before Redis 7.2, scores. @param {number} value */
export function floatText(value) {
  if (Object.is(value, -0)) return '-0';
  if (Number.isNaN(value)) return '-nan'; // its sign is the processor's choice, that of 0/0 on x86
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const [digits, exponent] = value.toExponential(16).split('e');
  const isPlain = Number(exponent) >= -4 && Number(exponent) < 17;
  const text = isPlain ? value.toPrecision(17) : digits;
  const short = text.includes('.') ? text.replace(/\.?0+$/, '') : text;
  return isPlain ? short : `${short}e${exponent.replace(/^([+-])(\d)$/, '$10$2')}`;
}

/** Comments, texts and names of Lua, and then its numbers. */
const TOKENS =
  /--\[(=*)\[[\s\S]*?\]\1\]|--.*|\[(=*)\[[\s\S]*?\]\2\]|"(?:\\[\s\S]|[^"\\])*"|'(?:\\[\s\S]|[^'\\])*'|[a-z_]\w*|(?:0x)?(?:[\w.]|(?<=e)[+-])+/gi;

/**
 * A script with doubles for its whole numbers, because every number of Lua 5.1 is one: fengari's integers overflow at 32 bits.
 *
 * @param {string} script
 */
export const doubles = (script) => script.replace(TOKENS, (token) => (/^\d+$/.test(token) ? `${token}.0` : token));
