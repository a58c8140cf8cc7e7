import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { root } from '../local/setup.mjs';
import { buildSite } from '../local/site.mjs';

export const site = join(root, 'bench/site');

/** @typedef {'none' | 'bare' | 'lean' | 'gate'} Variant */

/** @type {readonly Variant[]} */
export const VARIANTS = ['none', 'bare', 'lean', 'gate'];

/** @param {Variant} variant */
export const distOf = (variant) => join(site, '.next', variant);

/** Builds the site in every variant; always anew, because what is measured has to be what is in the tree. */
export async function buildAll() {
  for (const variant of VARIANTS) await buildSite({ dir: site, env: { BENCH_VARIANT: variant } });
}

/** The files of a build's middleware, in the order in which they are evaluated. @param {Variant} variant */
export function middlewareFiles(variant) {
  const file = join(distOf(variant), 'server/middleware-manifest.json');
  /** @type {{ middleware: Record<string, { name: string, files: string[] }> }} */
  const { middleware } = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { middleware: {} };
  const info = middleware['/'];
  if (!info) throw new Error(`the build "${variant}" has no middleware`);
  return { name: info.name, paths: info.files.map((path) => join(distOf(variant), path)) };
}

/** Bytes of a middleware's files as one, which is how an edge function is deployed. @param {readonly string[]} paths */
export function weigh(paths) {
  const whole = Buffer.concat(paths.map((path) => readFileSync(path)));
  return { raw: whole.length, gzip: gzipSync(whole, { level: 9 }).length };
}

/** Bytes of a build's middleware. @param {Variant} variant */
export const sizeOf = (variant) => weigh(middlewareFiles(variant).paths);
