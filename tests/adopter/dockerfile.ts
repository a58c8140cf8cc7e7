import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../local/setup.mjs';

/** The Dockerfile of docs/proxies.md, as far as a machine without Docker can follow it. */
export interface Dockerfile {
  /** What each stage begins with. */
  readonly from: readonly string[];
  /** Commands of the stage that builds. */
  readonly runs: readonly string[];
  /** What the last stage takes from the first: paths in the folder of the site, and in that of the container. */
  readonly copies: readonly { readonly source: string; readonly target: string; readonly owner: string }[];
  /** Who runs the server. */
  readonly user: string;
  readonly env: Readonly<Record<string, string>>;
  readonly ports: readonly string[];
  readonly command: readonly string[];
}

export function documentedDockerfile(): Dockerfile {
  const page = readFileSync(join(root, 'docs/proxies.md'), 'utf8');
  const [, text = ''] = /^```dockerfile\n([\s\S]*?)^```$/m.exec(page) ?? [];
  const lines = text.split('\n').map((line) => /^([A-Z]+) (.*)$/.exec(line) ?? []);
  const of = (name: string) => lines.flatMap(([, instruction, rest = '']) => (instruction === name ? [rest] : []));
  const folders = new Set(of('WORKDIR'));
  const [folder = ''] = folders;
  if (folders.size !== 1) throw new Error('both stages have one folder');
  return {
    from: of('FROM'),
    runs: of('RUN'),
    copies: of('COPY').flatMap((rest) => {
      const [, owner = 'root', source = '', target = ''] =
        /^--from=build (?:--chown=(\w+):\w+ )?(\S+) \.\/?(\S*)$/.exec(rest) ?? [];
      if (source && !source.startsWith(`${folder}/`)) throw new Error(`${source} is not of the site`);
      return source ? [{ source: source.slice(folder.length + 1), target, owner }] : [];
    }),
    user: of('USER').at(-1) ?? 'root',
    env: Object.fromEntries(of('ENV').flatMap((rest) => rest.split(' ').map((pair) => pair.split('=')))),
    ports: of('EXPOSE'),
    command: JSON.parse(of('CMD').at(-1) ?? '[]'),
  };
}
