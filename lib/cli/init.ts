/**
 * `gatehouse init`: puts the gate in front of a site. Everything that is to change is computed first, and read again as code;
 * then it is shown (`--dry-run`) or written. What is there stays: a file that cannot be edited safely is left as it is, the
 * others are written, and the exit code is 1 with the lines to add by hand. A second call finds nothing to do.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArguments } from './arguments.ts';
import { CommandError } from './command-error.ts';
import { ASKED, type Asked, askedOf } from './init-asked.ts';
import { wrapConfig } from './init-config.ts';
import { writeEnv } from './init-env.ts';
import { type ByHand, diffOf, type Edit, type Outcome, shown, write } from './init-files.ts';
import { ignoreEnv } from './init-git.ts';
import { writeInstrumentation } from './init-instrumentation.ts';
import { writeMiddleware } from './init-middleware.ts';
import { nextSteps } from './init-report.ts';
import { writeRules } from './init-rules.ts';
import { type FoundSite, findSite } from './init-site.ts';

export async function init(args: readonly string[], print: (line: string) => void): Promise<number> {
  const { positionals, values } = parseArguments(args, { 'dry-run': { type: 'boolean' }, ...ASKED });
  const [folder = '.', ...others] = positionals;
  if (others.length > 0) throw new CommandError('`gatehouse init` takes one folder, and nothing more.', 2);
  const site = findSite(resolve(folder));
  const outcomes = outcomesOf(site, askedOf(values));
  const edits = outcomes.flatMap(({ edit }) => edit ?? []);
  const byHand = outcomes.flatMap((outcome) => outcome.byHand ?? []);
  if (values['dry-run']) for (const edit of edits) print(`${diffOf(edit, site.folder)}\n`);
  else write(edits);
  for (const line of report(site, edits, { isDry: values['dry-run'] === true, isWhole: byHand.length === 0 }))
    print(line);
  for (const note of outcomes.flatMap(({ notes = [] }) => notes)) print(`Note: ${note}`);
  for (const line of byHand.flatMap(asked)) print(line);
  for (const line of nextSteps(site)) print(line);
  return byHand.length > 0 ? 1 : 0;
}

function outcomesOf(site: FoundSite, asked: Asked): Outcome[] {
  const rules = writeRules(site, asked);
  const file = site.gatehouseConfig ?? rules.edit?.path ?? rules.byHand?.path ?? '';
  return [
    rules,
    writeMiddleware(site, file),
    wrapConfig(site),
    writeInstrumentation(site),
    writeEnv(site, asked.upstreams),
    ignoreEnv(site.folder),
    misplaced(site),
    replacing(site),
  ];
}

/** A middleware of such a library stays as `then`, where it may keep a site from being built, and asks for its own sign-in. */
function replacing({ folder, otherLibrary, middlewares: [own] }: FoundSite): Outcome {
  if (!otherLibrary) return {};
  const moved = 'node_modules/next-gatehouse/docs/migrating.md says what becomes of its parts.';
  const out = own ? `, take its middleware out of ${shown(own, folder)}` : '';
  return {
    notes: [`${otherLibrary} is among the dependencies. Where the gate takes its place${out}: ${moved}`],
  };
}

/** Files that look like a middleware, and that Next does not run. */
function misplaced({ folder, base, pages }: FoundSite): Outcome {
  const ends = ['ts', 'js', 'mjs'];
  const names = ['middleware', 'proxy'].flatMap((name) => ends.map((end) => `${name}.${end}`));
  const elsewhere = base === folder ? join(folder, 'src') : folder;
  const idle = names.map((name) => join(elsewhere, name)).find((path) => existsSync(path));
  const old = pages && ends.map((end) => join(pages, `_middleware.${end}`)).find((path) => existsSync(path));
  const place = shown(base, folder) || 'the folder of the site';
  return {
    ...(old && {
      byHand: {
        path: old,
        why: `${shown(old, folder)} is of Next 12, and Next builds no site with it. Move what it does into the middleware, as \`then\` of the gate, and remove it.`,
        lines: [],
      },
    }),
    notes: idle ? [`Next does not run ${shown(idle, folder)}: it looks for a middleware in ${place}.`] : [],
  };
}

function report(
  { folder }: FoundSite,
  edits: readonly Edit[],
  { isDry, isWhole }: Record<'isDry' | 'isWhole', boolean>,
): string[] {
  if (edits.length === 0) return [isWhole ? 'Nothing to change: the gate is set up here.' : 'Nothing else to change.'];
  const done = edits.map(
    ({ path, before }) => `  ${shown(path, folder).padEnd(24)} ${before === null ? 'new' : 'changed'}`,
  );
  return [isDry ? 'Nothing is written (--dry-run). These files would be:' : 'Written:', ...done];
}

const asked = ({ why, lines }: ByHand): string[] => [
  `\nBy hand: ${why}`,
  ...lines.map((line) => `    ${line}`.trimEnd()),
];
