/** What `gatehouse init` says at its end: what to register, and how to go on. */
import { addressesAt } from './init-env.ts';
import { shown } from './init-files.ts';
import type { FoundSite } from './init-site.ts';

/** How each package manager runs a command of a package, a script, and adds a package. */
const COMMANDS = {
  npm: { run: 'npx', script: 'npm run', add: 'npm install' },
  pnpm: { run: 'pnpm', script: 'pnpm', add: 'pnpm add' },
  yarn: { run: 'yarn', script: 'yarn', add: 'yarn add' },
  bun: { run: 'bunx', script: 'bun run', add: 'bun add' },
} as const;

export function nextSteps({ folder, basePath, origin, packageManager, isInstalled }: FoundSite): string[] {
  const elsewhere = shown(folder, process.cwd());
  const { run, script, add } = COMMANDS[packageManager];
  const [local, production] = [origin, 'https://your.site'].map((one) => addressesAt(one, basePath ?? '<basePath>'));
  return [
    '',
    'Register at the provider (the command dev has a provider that knows them):',
    `  redirect URI     ${local?.redirectUri} (local), ${production?.redirectUri}`,
    `  post-logout URI  ${local?.postLogoutUri} (local), ${production?.postLogoutUri}`,
    ...(basePath === undefined ? ['The Next configuration computes its basePath: put it in place of <basePath>.'] : []),
    '',
    'Next:',
    ...aligned([
      ...(elsewhere ? [[`cd ${elsewhere}`, 'the folder of the site'] as const] : []),
      ...(isInstalled ? [] : [[`${add} next-gatehouse`, 'it is not among the dependencies'] as const]),
      [`${run} gatehouse dev --write`, 'a provider and Redis for development, into .env.local'],
      [`${script} dev`, `in another terminal; then open ${origin}${basePath ?? '<basePath>'}/auth/login`],
      [`${run} gatehouse doctor`, 'whether provider, Redis and variables fit together'],
      [`${run} gatehouse routes`, 'after a build: every route with its rule'],
    ]),
  ];
}

function aligned(rows: readonly (readonly [command: string, what: string])[]): string[] {
  const width = Math.max(...rows.map(([command]) => command.length));
  return rows.map(([command, what]) => `  ${command.padEnd(width)}   # ${what}`);
}
