/** What the terminal shows when `gatehouse dev` runs. */
import { relative } from 'node:path';
import { directoryOf, type Person } from '../dev-provider/people.mjs';
import type { Development } from '../dev-stand/open.mjs';
import type { EnvironmentReport } from './dev-environment.ts';
import type { DevSite } from './dev-site.ts';

interface Shown {
  readonly site: DevSite;
  readonly development: Development;
  readonly people: { readonly people: Parameters<typeof directoryOf>[0]; readonly isThere: () => boolean };
  readonly report: EnvironmentReport;
}

export function greeting({ site, development: { provider, redis }, people, report }: Shown): string[] {
  const origin = people.isThere()
    ? 'read again when the file changes'
    : 'built in; a gatehouse.people.json takes their place';
  return [
    `Gatehouse, for development: a provider and a Redis for ${site.name}`,
    '',
    `  Provider   ${provider.issuer}`,
    `  Redis      ${redis.url}  (${redis.describe})`,
    `  Site       ${site.appUrl}`,
    `  State      ${relative(process.cwd(), site.stateFolder) || site.stateFolder}`,
    '',
    `Who can sign in, without a password (${origin}):`,
    ...personLines(directoryOf(people.people).all()),
    '',
    ...environmentLines(report),
    ...report.notes.flatMap((note) => [`Note: ${note}`, '']),
    `Then start the site with \`next dev\` and open ${site.appUrl}/auth/login. Who is signed in: ${site.appUrl}/auth/session.`,
    'Ctrl-C stops both; sign-ins and sessions are there again at the next start.',
  ];
}

function personLines(people: readonly Person[]): string[] {
  const rows = people.map(({ name, email = '', about, hasSecondFactor }) => [
    name,
    email,
    hasSecondFactor ? about : `${about}, no second factor`,
  ]);
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  return rows.map(([name = '', email = '', about = '']) =>
    `  ${name.padEnd(width(0))}  ${email.padEnd(width(1))}  ${about}`.trimEnd(),
  );
}

function environmentLines({ written, missing }: EnvironmentReport): string[] {
  const said = written.length > 0 ? [`Written to .env.local: ${written.join(', ')}`, ''] : [];
  if (missing.length === 0) return said.length > 0 ? said : ['.env.local has every variable that the site needs.', ''];
  const lead =
    written.length > 0 ? 'Without a value in .env.local:' : 'For .env.local, where `gatehouse dev --write` adds it:';
  return [...said, lead, '', ...missing, ''];
}
