/** The order of rules and of upstreams, of which the first that matches a path decides. */
import { CommandError } from './command-error.ts';
import { appliesWithin } from './hidden-rules.ts';

interface Placed {
  readonly path: string;
}

/**
 * What lies within another stands before it, whatever the order of the command line: behind `/docs/*`, a rule for
 * `/docs/admin/*` would restrict nothing. The others stay in their order.
 *
 * @throws {CommandError} two of the same paths, of which the second would never decide
 */
export function ordered<T extends Placed>(list: readonly T[], what: string): readonly T[] {
  const placed: T[] = [];
  for (const one of list) {
    const at = placed.findIndex((other) => appliesWithin(one, other));
    const wider = placed[at];
    if (wider && appliesWithin(wider, one)) {
      const paths = [...new Set([wider.path, one.path])].join(' and ');
      throw new CommandError(`${paths} would have two ${what}, of which the first alone decides: leave one out.`, 2);
    }
    placed.splice(wider ? at : placed.length, 0, one);
  }
  return placed;
}
