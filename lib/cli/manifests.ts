/** The manifests that `next build` leaves for `next start`, as far as the commands read them. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError } from './command-error.ts';

/** A rewrite, with what Next has compiled its source to. */
export interface ManifestRewrite {
  readonly source: string;
  readonly destination: string;
  readonly regex: string;
  readonly locale?: false;
  readonly has?: unknown;
  readonly missing?: unknown;
}

export interface HeaderRule {
  readonly source: string;
  readonly headers: readonly { readonly key: string; readonly value: string }[];
}

interface RewriteStages {
  readonly beforeFiles?: readonly ManifestRewrite[];
  readonly afterFiles?: readonly ManifestRewrite[];
  readonly fallback?: readonly ManifestRewrite[];
}

interface Matcher {
  readonly regexp: string;
  readonly has?: unknown;
  readonly missing?: unknown;
}

interface Matched {
  readonly matchers?: readonly Matcher[];
  readonly files?: readonly string[];
}

interface ServerAction {
  readonly exportedName?: string;
  readonly filename?: string;
  readonly workers?: Readonly<Record<string, unknown>>;
}

/** What each manifest holds, by its file in the folder of the build. */
interface Manifests {
  'routes-manifest.json': {
    readonly basePath?: string;
    readonly i18n?: { readonly locales: readonly string[]; readonly defaultLocale: string };
    readonly caseSensitive?: boolean;
    readonly rewrites?: readonly ManifestRewrite[] | RewriteStages;
    readonly headers?: readonly HeaderRule[];
  };
  'app-path-routes-manifest.json': Readonly<Record<string, string>>;
  'server/pages-manifest.json': Readonly<Record<string, string>>;
  'server/middleware-manifest.json': {
    readonly middleware?: Readonly<Record<string, Matched>>;
    readonly functions?: Readonly<Record<string, Matched>>;
  };
  'server/functions-config-manifest.json': { readonly functions?: Readonly<Record<string, Matched>> };
  'server/server-reference-manifest.json': {
    readonly node?: Readonly<Record<string, ServerAction>>;
    readonly edge?: Readonly<Record<string, ServerAction>>;
  };
  'required-server-files.json': {
    readonly config?: {
      readonly experimental?: { readonly proxyClientMaxBodySize?: number };
      readonly trailingSlash?: boolean;
    };
  };
}

/**
 * A manifest of a build; empty when the build has none.
 *
 * @throws {CommandError} it is not JSON
 */
export function readManifest<Name extends keyof Manifests>(build: string, name: Name): Partial<Manifests[Name]> {
  const path = join(build, name);
  if (!existsSync(path)) return {};
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    throw new CommandError(`${path} is not JSON: run \`next build\` again.`);
  }
}
