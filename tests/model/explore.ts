/**
 * Parties that take one step after another, in every order, over something that they share. A party sees and changes itself and what
 * is shared, never another party, so what it may do next is worked out once for each pair of the two and not once for each world in
 * which that pair stands. The worlds are all there, as small numbers: a text for each of the millions of successors was what cost.
 */
export interface Parties<Shared, Party> {
  readonly shared: Shared;
  readonly parties: readonly Party[];
  /** What may happen to what is shared by itself. */
  readonly drift: (shared: Shared) => Iterable<Shared>;
  readonly steps: (shared: Shared, party: Party) => Iterable<readonly [Shared, Party]>;
  /** Throws at what must never be. */
  readonly check: (shared: Shared) => void;
  readonly isOver: (party: Party) => boolean;
}

/** Three parties fit into one small integer, which a `Set` finds without a look at the heap. */
const MAX_MEMBERS = 2 ** 10;

/** How many worlds there are, and what is shared in those in which every party is over. The nearest worlds are found first. */
export function explore<Shared, Party>({ shared, parties, drift, steps, check, isOver }: Parties<Shared, Party>) {
  const shareds = numbered<Shared>(check);
  const members = numbered<Party>((_, { length }) => {
    if (length >= MAX_MEMBERS) throw new Error('more states of a party than its place in a number holds');
  });
  const drifts = remembered((at) => Array.from(drift(shareds.at(at)), shareds.numberOf));
  const moves = remembered((pair) =>
    Array.from(steps(shareds.at(Math.floor(pair / MAX_MEMBERS)), members.at(pair % MAX_MEMBERS)), ([after, party]) => ({
      after: shareds.numberOf(after),
      party: members.numberOf(party),
    })),
  );
  const over = remembered((member) => isOver(members.at(member)));
  const weights = parties.map((_, place) => MAX_MEMBERS ** place);
  const seen: Set<number>[] = [];
  const queue: (readonly [at: number, all: number])[] = [];
  const found = (at: number, all: number) => {
    seen[at] ??= new Set();
    const before = seen[at].size;
    if (seen[at].add(all).size > before) queue.push([at, all]);
  };
  const quiet = new Set<number>();
  found(
    shareds.numberOf(shared),
    parties.reduce((sum, party, place) => sum + members.numberOf(party) * (weights[place] as number), 0),
  );
  for (const [at, all] of queue) {
    for (const after of drifts(at)) found(after, all);
    let isQuiet = true;
    for (const weight of weights) {
      const member = Math.floor(all / weight) % MAX_MEMBERS;
      if (!over(member)) isQuiet = false;
      for (const { after, party } of moves(at * MAX_MEMBERS + member)) found(after, all + (party - member) * weight);
    }
    if (isQuiet) quiet.add(at);
  }
  return { states: queue.length, quiet: Array.from(quiet, shareds.at) };
}

/** A small number for each value, the same for equal ones. */
function numbered<Value>(isNew: (value: Value, values: readonly Value[]) => void) {
  const values: Value[] = [];
  const numbers = new Map<string, number>();
  const numberOf = (value: Value): number => {
    const text = textOf(value);
    const known = numbers.get(text);
    if (known !== undefined) return known;
    isNew(value, values);
    numbers.set(text, values.length);
    return values.push(value) - 1;
  };
  return { numberOf, at: (number: number) => values[number] as Value };
}

/** All values in their order; without the names, which `JSON.stringify` adds. */
function textOf(part: unknown): string {
  if (typeof part !== 'object' || part === null) return `${part};`;
  let text = '(';
  if (Array.isArray(part)) for (const one of part) text += textOf(one);
  else for (const name in part) text += textOf((part as Record<string, unknown>)[name]);
  return `${text})`;
}

function remembered<Result>(work: (number: number) => Result): (number: number) => Result {
  const results: Result[] = [];
  return (number) => {
    results[number] ??= work(number);
    return results[number] as Result;
  };
}
