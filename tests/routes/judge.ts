import type { Site } from '../../lib/cli/built-site.ts';
import { inspect } from '../../lib/cli/judgement.ts';
import type { Policy } from '../../lib/cli/load-config.ts';
import type { Rule } from '../../lib/policy/rule';

export type { Site };

/** A site with a start page and nothing else. */
export const site: Site = {
  routes: ['/'],
  locales: [],
  rewrites: [],
  actions: [],
  draftMode: [],
  cookieless: [],
  headers: [],
  bodyLimit: 10 * 1024 * 1024,
  isGated: () => true,
};

/** What Next calls the first action that is written inside of a component, in every file. */
export const INLINE = '$$RSC_SERVER_ACTION_0';

const policy = { openActions: ['vote', INLINE] };

/** What `gatehouse routes` says of a site with these parts and rules. */
export const judge = (parts: Partial<Site>, rules: readonly Rule[], options: Partial<Policy> = {}) =>
  inspect({ ...site, ...parts }, { ...policy, ...options, rules });
