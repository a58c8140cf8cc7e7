import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { root } from '../local/setup.mjs';
import { buildSite, isBuilt } from '../local/site.mjs';

const site = join(root, 'bench/site');

/** What the site is made from, beside the package. */
const FILES = ['app', 'bare.ts', 'lean.ts', 'middleware.ts', 'next.config.mjs'].map((file) => `bench/site/${file}`);

/** `before` is the gate of another checkout. @typedef {'none' | 'bare' | 'lean' | 'gate' | 'before'} Variant */

/** A checkout to compare with, in which `npm run bench -- size` has run. */
const { BENCH_BEFORE } = process.env;

export const isCompared = Boolean(BENCH_BEFORE);

/** What is built here. @type {readonly Variant[]} */
export const VARIANTS = ['none', 'bare', 'lean', 'gate'];

/** The site of a variant, and which of its builds. @param {Variant} variant */
export const siteOf = (variant) =>
  variant === 'before'
    ? { dir: resolve(BENCH_BEFORE ?? root, 'bench/site'), build: 'gate' }
    : { dir: site, build: variant };

/** @param {Variant} variant */
export const distOf = (variant) => join(siteOf(variant).dir, '.next', siteOf(variant).build);

/** Builds the site in these variants, where there is no build of what is in the tree now. @param {readonly Variant[]} variants */
export async function buildAll(variants) {
  for (const variant of variants) {
    if (isBuilt(join(distOf(variant), 'BUILD_ID'), FILES)) continue;
    console.log(`Building the site: ${variant}.`);
    await buildSite({ dir: site, env: { BENCH_VARIANT: variant } });
  }
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
