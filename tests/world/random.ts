export type Pick = <T>(choices: readonly T[]) => T;

/** A small generator with a seed, so that what fails can be run again (mulberry32). */
export function random(seed: number): Pick {
  let state = seed;
  return (choices) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    const fraction = ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    return choices[Math.floor(fraction * choices.length)] as (typeof choices)[number];
  };
}
