import { logLine } from '../development/log-line.ts';
import type { Log, LogEvent } from '../events.ts';
import type { GatehouseConfig } from '../site-configuration.ts';

/**
 * The variables of a site's configuration, for the middleware and for server code: here alone is `process.env` the default.
 * The two run in different bundles, and on the Edge in different processes, so they share no object; they read the same
 * variables by the same table of fields.
 */
export const environmentOf = ({ env }: Pick<GatehouseConfig, 'env'>): Readonly<Record<string, string | undefined>> =>
  env ?? { ...process.env };

/** Where the events of a site go, from both: to its sink, or to standard output, in `next dev` as lines for a reader. */
export const logOf = ({ onEvent, rules }: Pick<GatehouseConfig, 'onEvent' | 'rules'>): Log =>
  onEvent ??
  (process.env.NODE_ENV === 'development' ? logForReader(rules) : (event) => console.log(JSON.stringify(event)));

const logForReader = (rules: GatehouseConfig['rules']) => (event: LogEvent) => {
  const line = logLine(event, rules);
  if (line !== null) console.log(line);
};
