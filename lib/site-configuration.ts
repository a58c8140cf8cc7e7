import type { Log } from './events.ts';
import type { Appearance } from './pages/appearance.ts';
import type { OwnPages } from './pages/own-page.ts';
import type { Texts } from './pages/texts.ts';
import type { Rules } from './policy/rule.ts';
import type { Upstreams } from './policy/upstream.ts';

/** What a site says to the gate beside its environment. */
export interface GatehouseConfig {
  /** Who may open what; see `defineRules`. A path that no rule names needs a session. */
  readonly rules?: Rules;
  /**
   * The locales that stand in front of the site's paths, as they are written there: one rule is then for all languages. With
   * `['en', 'de']` a rule for `/about` is one for `/en/about` and `/de/about` too.
   */
  readonly locales?: readonly string[];
  /** APIs that the gate calls as the person; see `defineUpstreams`. The rules apply to their paths first. */
  readonly upstreams?: Upstreams;
  /**
   * Server Actions that may be called without a session, by the name under which they are exported; `gatehouse routes` fails
   * when another one can be called at a page that is open.
   */
  readonly openActions?: readonly string[];
  /**
   * Whether Draft Mode or preview data may be used: their users get an id of the build with which Next skips the middleware
   * where `withGatehouse` does not run (Vercel). `gatehouse routes` fails for a build that uses them unless this is true.
   */
  readonly allowsDraftMode?: boolean;
  /** Name, logo and colours of the pages that the gate answers by itself. */
  readonly appearance?: Appearance;
  /**
   * What the gate says to people in further languages, by BCP 47 tag. English (`en`) and Indonesian (`id`) are built in, and may be
   * replaced. The language of an answer is that of `Accept-Language`, at `/auth/login` that of `ui_locales`.
   */
  readonly texts?: Readonly<Record<string, Texts>>;
  /** The language for a browser that asks for none of them; `en` by default. */
  readonly language?: string;
  /** Pages of the site in place of the gate's own; see `getProblem` of `next-gatehouse/server`. */
  readonly pages?: OwnPages;
  /** Takes every event. By default each is a line of JSON on standard output, where log shippers look for it. */
  readonly onEvent?: Log;
  /**
   * The variables of the configuration; those of the process by default. A site that sets this makes its server helpers of
   * the same configuration: `createServerHelpers(site)`.
   */
  readonly env?: Readonly<Record<string, string | undefined>>;
}
