import { expect, it } from 'vitest';
import { gatehouse } from './command';
import type { Running } from './open';

interface Examination {
  readonly ok: boolean;
  readonly findings: readonly { readonly severity: string; readonly id: string; readonly what: string }[];
}

/** What `gatehouse doctor` says of the adopted site, its build, its provider, its Redis and the site as it runs. */
export function checkDoctor(running: () => Running): void {
  it('is sound: `gatehouse doctor --url` finds no fault', async () => {
    const { dir, url, env, certificate } = running();
    const { stdout, status } = await gatehouse(dir, ['doctor', '--json', '--url', url], {
      ...env,
      ...(certificate && { NODE_EXTRA_CA_CERTS: certificate }),
    });
    const { ok, findings } = JSON.parse(stdout) as Examination;
    expect(findings.filter(({ severity }) => severity === 'fault')).toEqual([]);
    expect([ok, status]).toEqual([true, 0]);
  }, 60_000);
}
