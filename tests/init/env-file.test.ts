import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addVariables, envValues, readEnvFile, writeEnvFile } from '../../lib/cli/env-file';

const add = (text: string, ...names: string[]) =>
  addVariables(
    text,
    'added',
    names.map((name) => ({ name, value: `value-of-${name}` })),
  );

describe('an environment file', () => {
  it.each([
    ['no line at its end', 'A=1', 'A=1\n\n# added\nB=value-of-B\n'],
    ['a line at its end', 'A=1\n', 'A=1\n\n# added\nB=value-of-B\n'],
    ['lines of Windows', 'A=1\r\n', 'A=1\r\n\r\n# added\r\nB=value-of-B\r\n'],
    ['nothing in it', '', '# added\nB=value-of-B\n'],
    ['a byte order mark', '\uFEFFA=1\n', '\uFEFFA=1\n\n# added\nB=value-of-B\n'],
  ])('keeps what it has and gets what it lacks at its end: %s', (_, text, expected) => {
    expect(add(text, 'B').text).toBe(expected);
  });

  it('keeps a value of its own, and reports an empty one', () => {
    const edit = add('  export A = mine # comment\nB=\nC: "two words"\n', 'A', 'B', 'C', 'D');
    expect(edit).toMatchObject({ added: ['D'], kept: ['A', 'B', 'C'], empty: ['B'] });
    expect(edit.text).toContain('  export A = mine # comment\nB=\nC: "two words"\n');
  });

  it('takes a name inside a quoted value or a comment for no variable', () => {
    expect(add('KEY="-----\nA=1\n-----"\n# B=2\n', 'A', 'B').added).toEqual(['A', 'B']);
  });

  it('prepares a name once, and sets a prepared one', () => {
    const prepared = [{ name: 'A', value: '', prepared: true }];
    const once = addVariables('', 'fill in', prepared);
    expect(once.text).toBe('# fill in\n#A=\n');
    expect(addVariables(once.text, 'fill in', prepared)).toMatchObject({ text: once.text, added: [] });
    expect(add(once.text, 'A').text).toBe('# fill in\n#A=\n\n# added\nA=value-of-A\n');
  });

  it('changes nothing the second time', () => {
    const { text } = add('A=1', 'B', 'C');
    expect(add(text, 'B', 'C')).toEqual({ text, added: [], kept: ['B', 'C'], empty: [] });
  });
});

describe('what is written', () => {
  const { loadEnvConfig } = createRequire(import.meta.url)('@next/env') as typeof import('@next/env');
  let dir = '';
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'gatehouse-env-'));
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  const VALUES = {
    PLAIN: 'https://site.example/auth/callback?a=b&c',
    DOLLAR: 'a$b$HOME',
    HASH: 'before # after',
    QUOTES: `{"it's":"so"}`,
    JSON: '{"kty":"EC"}',
    LINES: 'one\ntwo',
    EMPTY: '',
  };

  it('is read back by Next', () => {
    const path = join(dir, '.env'); // in a test Next reads no .env.local
    const variables = Object.entries(VALUES).map(([name, value]) => ({ name, value }));
    writeEnvFile(path, addVariables('', 'all', variables).text);
    const quiet = { info() {}, error() {} };
    const { parsedEnv } = loadEnvConfig(dir, true, quiet, true);
    expect(parsedEnv).toMatchObject(VALUES);
    expect(Object.fromEntries(envValues(readEnvFile(path)))).toEqual(VALUES);
  });

  it('is readable for its owner alone when it is new, and leaves a link a link', () => {
    writeEnvFile(join(dir, 'new'), 'A=1\n');
    expect(statSync(join(dir, 'new')).mode & 0o777).toBe(0o600);
    writeFileSync(join(dir, 'target'), '');
    symlinkSync(join(dir, 'target'), join(dir, 'link'));
    writeEnvFile(join(dir, 'link'), 'A=1\n');
    expect(readFileSync(join(dir, 'target'), 'utf8')).toBe('A=1\n');
    expect(readEnvFile(join(dir, 'none'))).toBe('');
  });
});
