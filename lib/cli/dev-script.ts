/** Where `next dev` listens, by the script of a site that starts it. */
const DEFAULT = 3000;

/** One of a script's commands, which may stand in quotes of another (`concurrently "next dev"`). */
const COMMAND = /(.*)\bnext\s+dev\b(.*)/;
const OPTION = /\s(?:-p|--port)[\s=]*["']?(\d{1,5})(?![^\s"'])/;
/** Set before the command, by the shell or by `cross-env`. */
const VARIABLE = /(?:^|[\s"'])PORT=["']?(\d{1,5})(?![^\s"'])/;

/** @param manifest what `package.json` says */
export function localOrigin(manifest: Readonly<Record<string, unknown>>): string {
  const { dev } = (manifest.scripts ?? {}) as Readonly<Record<string, unknown>>;
  const commands = String(dev).split(/[&|;]/);
  const [, before = '', after = ''] = commands.map((one) => COMMAND.exec(one)).find((found) => found !== null) ?? [];
  const port = Number(OPTION.exec(after)?.[1] ?? VARIABLE.exec(before)?.[1]);
  return `http://localhost:${port > 0 && port < 65_536 ? port : DEFAULT}`;
}
