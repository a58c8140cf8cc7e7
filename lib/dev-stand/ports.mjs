import { MARK } from '../dev-provider/home.mjs';

/** Fixed, because the issuer and the variables of a site name them; such that hardly another program takes them. */
export const PORTS = { provider: 18763, redis: 18764 };

/** How long the program at a port that is taken has for its answer. */
const PATIENCE = 1_000;

/** Why the provider or Redis cannot start, and what to do. */
export class CannotStart extends Error {
  /** @override */
  name = 'CannotStart';
}

/**
 * Turns the error of a port that is in use, or of a Redis that does not answer, into one that says what to do.
 *
 * @param {unknown} error
 * @param {keyof typeof PORTS} which
 * @param {number} port
 */
export async function explained(error, which, port) {
  const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
  if (code === 'EACCES')
    return new CannotStart(
      `port ${port} needs rights that this process does not have. Choose another: --${which}-port.`,
    );
  if (code !== 'EADDRINUSE' && which === 'redis' && process.env.REDIS_URL)
    // Of an address that is none, the message may repeat it with its password.
    return new CannotStart(`the Redis of REDIS_URL cannot be used (${code ?? message}). Start it, or unset REDIS_URL.`);
  if (code !== 'EADDRINUSE') return error;
  const site = await siteAt(port);
  const other = `--provider-port ${PORTS.provider + 2} --redis-port ${PORTS.redis + 2}`;
  if (site !== undefined)
    return new CannotStart(
      `port ${port} is in use by another \`gatehouse dev\`, for the site at ${site}. Stop it, or give this site a SESSION_COOKIE_NAME of its own in .env.local and this command ports of its own: ${other}`,
    );
  const what = which === 'provider' ? 'the provider' : 'Redis';
  return new CannotStart(
    `port ${port}, which ${what} needs, is in use by another program. Stop that program, or choose another port: --${which}-port ${PORTS[which] + 2}`,
  );
}

/** The site of the provider at a port; undefined when that is another program. @param {number} port @returns {Promise<string | undefined>} */
async function siteAt(port) {
  const late = new AbortController();
  // Keeps the process alive, too: a fetch whose connection is destroyed at once may neither resolve nor reject.
  const timer = setTimeout(() => late.abort(), PATIENCE);
  try {
    const answer = await fetch(`http://127.0.0.1:${port}${MARK}`, { signal: late.signal });
    const { sites } = await answer.json();
    // As URLs, because the text of another program may be anything, and a terminal obeys some of it.
    return Array.isArray(sites) ? sites.map((site) => new URL(site).href).join(', ') : undefined;
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
