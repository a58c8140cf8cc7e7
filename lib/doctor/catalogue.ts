import { AUTHORIZATION } from './authorization.ts';
import { CAPABILITIES } from './capabilities.ts';
import { CLIENT } from './client-secret.ts';
import { CLOCKS } from './clocks.ts';
import { COOKIE } from './cookie-size.ts';
import { DISCOVERY } from './discovery.ts';
import { ENVIRONMENT } from './environment.ts';
import { AREAS, type Area, type Kind } from './finding.ts';
import { KEYS } from './keys.ts';
import { LIVE } from './live-findings.ts';
import { REDIS } from './redis.ts';
import { SITE } from './site.ts';

interface Group {
  readonly area: Area;
  readonly kinds: Readonly<Record<string, Kind>>;
  readonly passes: Readonly<Record<string, string>>;
}

/** All that the command may find, in the order of the report. */
export const CATALOGUE: readonly Group[] = [
  ENVIRONMENT,
  SITE,
  DISCOVERY,
  CAPABILITIES,
  KEYS,
  AUTHORIZATION,
  CLIENT,
  CLOCKS,
  REDIS,
  COOKIE,
  LIVE,
];

/** Every finding as a row of a Markdown table: id, severity, what, why, how to mend. */
export const findingRows = (): readonly string[] =>
  CATALOGUE.flatMap(({ kinds }) =>
    Object.entries(kinds).map(([id, { severity, what, why, mend }]) =>
      row([`\`${id}\``, severity, what, why, COMMAND.test(mend) ? `\`${mend}\`` : mend]),
    ),
  );

/** The checks that may go well, by area. */
export const passRows = (): readonly string[] =>
  CATALOGUE.flatMap(({ area, passes }) =>
    Object.entries(passes).map(([id, what]) => row([`\`${id}\``, AREAS[area], what])),
  );

/** What is typed or written as it stands. */
const COMMAND = /^(npm|npx|import|export|Referrer-Policy)\b/;

const row = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
