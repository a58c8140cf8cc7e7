import { randomInt } from 'node:crypto';
import type { Variant } from './builds';
import { adminCanaries, type Canary, canaries, shown } from './canaries';
import type { PathShape } from './shapes-path';
import type { RequestShape } from './shapes-request';
import { openStage, type Stage } from './stage';
import type { Received, Sent } from './wire';

const AT_ONCE = 40;
/** Repeated slashes are taken away by one redirect, and the slash at the end comes by the next. */
const MAX_STOPS = 3;

/**
 * Of a shape with many ways to ask for one canary, each way asks for some canaries of each router, and the next way for the next ones:
 * what the gate reads of a request does not depend on what would be shown. Each canary is asked for in two ways at least, and each
 * run draws the canaries with which it begins. `GATEHOUSE_STORIES=everywhere npm test` sends all of them.
 */
const MAX_SHARES = { path: 6, request: 3 };
const MIN_WAYS = 2;
const DRAWN = randomInt(60); // a multiple of every number of shares
const ROUTERS = ['app', 'pages', 'file', 'image'] as const satisfies readonly Canary['router'][];
export const isThinned = process.env.GATEHOUSE_STORIES === 'once';

/** Several shapes of the site, side by side. */
export async function openStages(variants: readonly Variant[]) {
  const stages = await Promise.all(variants.map((variant) => openStage(variant)));
  return { stages, close: () => Promise.all(stages.map((stage) => stage.close())) };
}

export const everyCanary: readonly Canary[] = [...canaries, ...adminCanaries];

/** The requests that a shape makes of these canaries on this site. Spellings of some paths are the same: each is sent once. */
export function requestsOf(shape: PathShape | RequestShape, of: readonly Canary[], stage: Stage): readonly Sent[] {
  return [...new Map(spellingsOf(shape, of, stage).map((sent) => [JSON.stringify(sent), sent])).values()];
}

function spellingsOf(shape: PathShape | RequestShape, of: readonly Canary[], stage: Stage): readonly Sent[] {
  return ROUTERS.flatMap((router) => {
    const canaries = of.filter((canary) => canary.router === router);
    return canaries.flatMap(({ path }, place) => {
      const ways = waysTo(path, shape, stage);
      const shares = isThinned && of.length > 2 ? sharesOf(shape, canaries, ways) : 1;
      return shares > 1 ? ways.filter((_, way) => (DRAWN + way + place) % shares === 0) : ways;
    });
  });
}

const sharesOf = (shape: object, canaries: readonly Canary[], ways: readonly Sent[]) =>
  Math.min(canaries.length, Math.floor(ways.length / MIN_WAYS), MAX_SHARES['requests' in shape ? 'request' : 'path']);

function waysTo(path: string, shape: PathShape | RequestShape, stage: Stage): readonly Sent[] {
  const served = asServed(stage, path);
  if ('requests' in shape) return shape.requests({ ...stage, path: stage.base + served });
  const { base, buildId } = stage;
  // A site that wants a slash is asked with one, which comes to the gate as it is, and without.
  const paths = [...new Set([path, served])];
  return paths.flatMap((one) => shape.targets({ base, buildId, path: one }).map((target) => ({ target })));
}

/** The same request with this cookie and no other. */
export const withCookie = (sent: Sent, cookie: string): Sent => ({
  ...sent,
  headers: [...(sent.headers ?? []).filter(([name]) => name !== 'Cookie'), ['Cookie', cookie]],
});

/** Sends all of them, and says what is wrong with which, at whatever stop of its way. */
export async function faults(
  stage: Stage,
  requests: readonly Sent[],
  judge: (answer: Received, sent: Sent) => string | null | Promise<string | null>,
): Promise<string[]> {
  const found: string[] = [];
  const waiting = requests.values();
  const work = async () => {
    for (const sent of waiting) {
      for (const [asked, answer] of await wayOf(stage, sent)) {
        const fault = await judge(answer, asked);
        if (fault !== null) found.push(`${stage.variant}: ${fault} to ${shown(asked)}`);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return found;
}

/** The path as Next serves it at once: a request that it redirects to the one with a slash never comes to the gate. */
export const asServed = ({ slash }: Stage, path: string): string =>
  path === '/' || path.startsWith('/.well-known/') || /\.[^/]*$/.test(path) ? path : path + slash;

/**
 * A site that wants a slash redirects what lacks one, before the gate is asked. This is what is asked and answered on the way that a
 * browser would go.
 */
async function wayOf(stage: Stage, sent: Sent): Promise<(readonly [Sent, Received])[]> {
  const stops: [Sent, Received][] = [];
  for (let asked: Sent | undefined = sent; asked; ) {
    const answer: Received = await stage.ask(asked);
    stops.push([asked, answer]);
    const target = redirected(answer);
    if (target !== undefined && stops.length === MAX_STOPS) throw new Error(`no end of redirects from ${shown(sent)}`);
    asked = target === undefined ? undefined : { ...sent, target };
  }
  return stops;
}

/** The path that Next says in place of the one asked for. */
function redirected({ status, headers: { location } }: Received): string | undefined {
  return status === 308 && location?.startsWith('/') && !location.startsWith('//') ? location : undefined;
}

/** The plain path of a canary, as it is answered at the end of that way. */
export async function plainly(stage: Stage, path: string, cookie: string): Promise<Received> {
  const [, answer] = (await wayOf(stage, withCookie({ target: stage.base + path }, cookie))).at(-1) ?? [];
  if (!answer) throw new Error(`no answer to ${path}`);
  return answer;
}
