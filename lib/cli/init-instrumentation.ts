/** `instrumentation`, which a standalone server needs: it reads no Next configuration, and so does not call `withGatehouse()`. */
import { join } from 'node:path';
import { type Outcome, reasonAgainst, shown, textOf } from './init-files.ts';
import type { FoundSite } from './init-site.ts';
import { namesIn, parsed, styled } from './init-source.ts';

const DOOR = "'next-gatehouse/config'";

/** As `docs/deployment.md` has it. */
const LINES = [
  'export async function register() {',
  "  if (process.env.NEXT_RUNTIME !== 'nodejs') return;",
  `  const { supportGate } = await import(${DOOR});`,
  '  supportGate();',
  '}',
  '',
];

export function writeInstrumentation(site: FoundSite): Outcome {
  if (!site.isStandalone) return {};
  const { folder, base, instrumentation, isTyped, style } = site;
  const path = instrumentation ?? join(base, `instrumentation.${isTyped ? 'ts' : 'js'}`);
  const program = parsed(textOf(path) ?? '', path);
  if (program && namesIn(program).has('supportGate')) return {};
  const text = styled(LINES.join('\n'), style);
  const why = instrumentation ? 'it is the site’s own' : reasonAgainst(path, folder);
  if (!why) return { edit: { path, before: null, after: text } };
  const name = shown(path, folder);
  return {
    byHand: {
      path,
      why: `a standalone server needs supportGate() in ${name}, which stays as it is: ${why}.`,
      lines: text.trim().split(/\r?\n/),
    },
  };
}
