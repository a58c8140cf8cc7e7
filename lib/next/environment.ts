import type { Log } from '../events.ts';
import type { GatehouseConfig } from '../site-configuration.ts';

/**
 * The variables of a site's configuration, for the middleware and for server code: here alone is `process.env` the default.
 * The two run in different bundles, and on the Edge in different processes, so they share no object; they read the same
 * variables by the same table of fields.
 */
export const environmentOf = ({ env }: Pick<GatehouseConfig, 'env'>): Readonly<Record<string, string | undefined>> =>
  env ?? { ...process.env };

/** Where the events of a site go, from both. */
export const logOf = ({ onEvent }: Pick<GatehouseConfig, 'onEvent'>): Log =>
  onEvent ?? ((event) => console.log(JSON.stringify(event)));
