import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';
import { expect, it } from 'vitest';

const MAX_GZIP_BYTES = 2_048;

it('the whole of next-gatehouse/client is at most 2 KB, and has no dependency but React', async () => {
  const build = await rolldown({
    input: join(import.meta.dirname, '../../lib/client.ts'),
    platform: 'browser',
    external: /^react(\/|$)/,
    onLog: () => {}, // that a bundle has no `'use client'`
  });
  const { output } = await build.generate({ format: 'esm', minify: true });
  await build.close();
  expect(output).toHaveLength(1);
  expect([...output[0].imports].sort()).toEqual(['react', 'react/jsx-runtime']);
  expect(output[0].code).toContain('/auth/logout');
  expect(gzipSync(output[0].code, { level: 9 }).length).toBeLessThanOrEqual(MAX_GZIP_BYTES);
});
