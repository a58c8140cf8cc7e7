import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../local/setup.mjs';

const workflow = readFileSync(join(root, '.github/workflows/ci.yml'), 'utf8');

/** The lines of a job, by its name: what is indented below it. */
function job(name: string): string[] {
  const [, body = ''] = workflow.split(/^jobs:$/m);
  const [, text = ''] = new RegExp(`^ {2}${name}:\\n((?: {4}.*\\n|\\n)+)`, 'm').exec(body) ?? [];
  return text.split('\n').map((line) => line.trim());
}

describe('the workflow of GitHub', () => {
  it('runs .ci/run on every Node version that is supported, and one failure does not stop the others', () => {
    expect(job('test')).toEqual(
      expect.arrayContaining([
        'node: [20, 22, 24, 26]',
        'fail-fast: false',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: an expression of the workflow
        'node-version: ${{ matrix.node }}',
        '- run: .ci/run',
      ]),
    );
    expect(job('test')).not.toContain('continue-on-error: true');
  });

  it('runs .ci/run with the newest canary of Next, which cannot fail the run', () => {
    const lines = job('canary');
    expect(lines).toContain('continue-on-error: true');
    const installed = lines.findIndex((line) => /^- run: npm install .*\bnext@canary$/.test(line));
    expect(installed).toBeGreaterThan(-1);
    expect(lines.indexOf('- run: .ci/run')).toBeGreaterThan(installed);
  });

  it('tells every story in every realm each night, and only then', () => {
    expect(workflow).toMatch(/^ {2}schedule:\n {4}- cron: "\d+ \d+ \* \* \*"/m);
    const lines = job('everywhere');
    expect(lines).toContain("if: github.event_name == 'schedule'");
    expect(lines.slice(lines.indexOf('- run: .ci/run')).slice(0, 3)).toEqual([
      '- run: .ci/run',
      'env:',
      'GATEHOUSE_STORIES: everywhere',
    ]);
    expect(lines).not.toContain('continue-on-error: true');
  });

  it('has a file to run, and no bound above the Node versions', () => {
    expect(statSync(join(root, '.ci/run')).mode & 0o111).toBe(0o111);
    const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(engines.node).toBe('>=20.9');
  });
});
