import { describe, expect, it } from 'vitest';
import { fieldRows } from '../lib/field-table';
import { allFields } from '../lib/fields';
import { isFault } from '../lib/parsers';

describe('the table of fields', () => {
  it('has each variable once', () => {
    const names = allFields().flatMap((one) => one.names);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it('has no default that its own parser refuses', () => {
    const withDefault = allFields().filter((one) => one.default !== undefined);
    expect(withDefault.length).toBeGreaterThan(5);
    expect(withDefault.filter((one) => isFault(one.parse(one.default ?? '')))).toEqual([]);
  });

  it('marks what must not be shown', () => {
    const secret = allFields().filter((one) => one.secret);
    expect(secret.map(({ names: [name] }) => name)).toEqual([
      'SSO_CLIENT_SECRET',
      'SESSION_SECRET',
      'UPSTASH_REDIS_REST_TOKEN',
    ]);
  });

  it('prints a row of three cells for each', () => {
    const rows = fieldRows();
    expect(rows).toHaveLength(allFields().length);
    expect(rows.filter((row) => !/^\| `[A-Z_]+`[^|]* \| [^|]+ \| [^|]+ \|$/.test(row))).toEqual([]);
    expect(rows).toContain('| `SESSION_IDLE_SECONDS` | `604800` | A session ends when it is not used for so long. |');
    expect(rows.filter((row) => row.endsWith('**Secret.** |'))).toHaveLength(3);
  });
});
