/** Where `next dev` listens, by the script of a site that starts it. */
const DEFAULT = 3000;

/** @param manifest what `package.json` says */
export function localOrigin(manifest: Readonly<Record<string, unknown>>): string {
  const { dev } = (manifest.scripts ?? {}) as Readonly<Record<string, unknown>>;
  const [, port = DEFAULT] = /\bnext\s+dev\b[^&|;]*?\s(?:-p|--port)[\s=]*(\d{1,5})(?!\S)/.exec(String(dev)) ?? [];
  return `http://localhost:${port}`;
}
