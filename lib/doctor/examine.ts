import type { Env } from '../configuration.ts';
import type { Rule } from '../policy/rule.ts';
import type { Settings } from '../types/settings.ts';
import { checkPostLogout, checkRedirectUri } from './authorization.ts';
import { checkCapabilities } from './capabilities.ts';
import { checkClient } from './client-secret.ts';
import { checkClocks } from './clocks.ts';
import { checkCookie } from './cookie-size.ts';
import { withDevelopmentCures } from './development.ts';
import { checkDiscovery } from './discovery.ts';
import { checkEnvironment, ENVIRONMENT, type Variable } from './environment.ts';
import { AREAS, type Finding } from './finding.ts';
import { checkKeys } from './keys.ts';
import { checkLive } from './live.ts';
import type { Network } from './network.ts';
import { checkRedis } from './redis.ts';
import { checkSite, headerBytes, type SiteFacts } from './site.ts';

/** Everything that is known before anything is asked. */
export interface Facts {
  readonly env: Env;
  readonly isProduction: boolean;
  readonly site: SiteFacts;
  readonly rules: readonly Rule[];
  /** Why the configuration of the gate does not load. */
  readonly configurationFault?: string | undefined;
  /** What the provider says of a person, where `--claims` names a file. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
  /** With `--url`: where the site is, and a path that no rule opens. */
  readonly live?: { readonly url: string; readonly closedPath: string } | undefined;
}

export interface Examination {
  readonly variables: readonly Variable[];
  readonly findings: readonly Finding[];
}

/** Runs every check, those that reach out side by side; the findings are in the order of the report. */
export async function examine(facts: Facts, network: Network): Promise<Examination> {
  const { settings, variables, findings } = checkEnvironment(facts.env, facts.isProduction);
  const configuration = facts.configurationFault
    ? [ENVIRONMENT.found('configuration-faulty', { what: facts.configurationFault })]
    : [];
  const asked = settings ? await reach(settings, facts, network) : [];
  const site = checkSite(facts.site, facts.env.SSO_FORM_REDIRECTS);
  const areas = Object.keys(AREAS);
  const all = [...findings, ...configuration, ...site, ...asked];
  return { variables, findings: all.sort((one, other) => areas.indexOf(one.area) - areas.indexOf(other.area)) };
}

async function reach(settings: Settings, facts: Facts, network: Network): Promise<Finding[]> {
  const [provider, redis, cookie] = await Promise.all([
    askProvider(settings, facts, network),
    checkRedis(settings.redis, network),
    checkCookie({
      settings,
      rules: facts.rules,
      claims: facts.claims,
      siteHeaderBytes: headerBytes(facts.site.headers),
      now: network.now(),
    }),
  ]);
  const { clock, hasAnswered, findings } = provider;
  const clocks = checkClocks(
    { provider: clock, hasProvider: hasAnswered, redis: redis.clock },
    settings.provider.clockToleranceSeconds,
  );
  return withDevelopmentCures([...findings, ...clocks, ...redis.findings, ...cookie], settings, network);
}

/** Discovery comes first, because the other requests go where it says. */
async function askProvider({ provider, ...others }: Settings, { live }: Facts, network: Network) {
  const { metadata, findings, clock } = await checkDiscovery(provider, network);
  const ofLive = live
    ? checkLive(
        { ...live, settings: { provider, ...others }, authorizationEndpoint: metadata?.authorization_endpoint },
        network,
      )
    : [];
  const further = metadata
    ? [
        checkCapabilities(metadata, provider),
        checkKeys(metadata, network),
        checkRedirectUri(metadata, provider, network),
        checkPostLogout(metadata, provider, network),
        checkClient(metadata, provider, network),
      ]
    : [];
  const all = await Promise.all([...further, ofLive]);
  const hasAnswered = findings.every(({ id }) => id !== 'discovery-unreachable');
  return { clock, hasAnswered, findings: [...findings, ...all.flat()] };
}
