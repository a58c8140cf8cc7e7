/** The shapes in which `tests/canary` is built; see its `next.config.mjs`. */
export type { Variant } from '../../local/canary.mjs';
export { distOf, ensureBuild, site } from '../../local/canary.mjs';
