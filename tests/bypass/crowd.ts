import type { Variant } from './builds';
import { adminCanaries, type Canary, canaries, shown } from './canaries';
import type { PathShape } from './shapes-path';
import type { RequestShape } from './shapes-request';
import { openStage, type Stage } from './stage';
import type { Received, Sent } from './wire';

const AT_ONCE = 40;

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
  if ('requests' in shape) return of.flatMap(({ path }) => shape.requests({ ...stage, path: stage.base + path }));
  const targets = of.flatMap(({ path }) => shape.targets({ base: stage.base, buildId: stage.buildId, path }));
  return targets.map((target) => ({ target }));
}

/** The same request with this cookie and no other. */
export const withCookie = (sent: Sent, cookie: string): Sent => ({
  ...sent,
  headers: [...(sent.headers ?? []).filter(([name]) => name !== 'Cookie'), ['Cookie', cookie]],
});

/** Sends all of them, and says what is wrong with which. */
export async function faults(
  stage: Stage,
  requests: readonly Sent[],
  judge: (answer: Received, sent: Sent) => string | null | Promise<string | null>,
): Promise<string[]> {
  const found: string[] = [];
  const waiting = requests.values();
  const work = async () => {
    for (const sent of waiting) {
      const fault = await judge(await stage.ask(sent), sent);
      if (fault !== null) found.push(`${stage.variant}: ${fault} to ${shown(sent)}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return found;
}

/** The plain path of a canary, by the one redirect that `trailingSlash` makes. */
export async function plainly(stage: Stage, path: string, cookie: string): Promise<Received> {
  const answer = await stage.ask(withCookie({ target: stage.base + path }, cookie));
  const { location } = answer.headers;
  return answer.status === 308 && location ? stage.ask(withCookie({ target: location }, cookie)) : answer;
}
