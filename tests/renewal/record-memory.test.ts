import { expect, it } from 'vitest';
import { createRecordMemory } from '../../lib/renewal/record-memory';
import type { SessionRecord } from '../../lib/types/record';

const record = { sub: 'a' } as SessionRecord;
const held = { generation: 2, record };
const memory = () => createRecordMemory(() => 1_000);

it('gives a record only to requests that were there when it was read: later ones ask Redis, which knows of a logout', () => {
  const records = memory();
  records.keep('s', held);
  expect([records.get('s', 1_000), records.get('s', 1_001)]).toEqual([expect.objectContaining(held), undefined]);
  records.keep('s', held, 400);
  expect([records.get('s', 400), records.get('s', 401)]).toEqual([expect.objectContaining(held), undefined]);
});

it('keeps the newer of two generations, in whatever order they arrive, and forgets both', () => {
  const records = memory();
  records.keep('s', held);
  records.keep('s', { generation: 1, record });
  expect(records.get('s', 0)?.generation).toBe(2);
  records.keep('s', { generation: 3, record });
  expect(records.get('s', 0)?.generation).toBe(3);
  records.forget('s');
  expect(records.get('s', 0)).toBeUndefined();
});

it('keeps a thousand sessions, those that were read last', () => {
  const records = memory();
  for (let index = 0; index < 1_001; index += 1) records.keep(`s-${index}`, held);
  expect(records.get('s-0', 0)).toBeUndefined();
  expect(records.get('s-1', 0)).toBeDefined();
  records.keep('s-1', held);
  records.keep('s-1001', held);
  expect([records.get('s-1', 0) !== undefined, records.get('s-2', 0)]).toEqual([true, undefined]);
});

it('keeps eight million characters, and the latest record in any case', () => {
  const records = memory();
  const large = (size: number) => ({ generation: 1, record: { sub: 'x'.repeat(size) } as SessionRecord });
  records.keep('one', large(5_000_000));
  records.keep('two', large(2_000_000));
  records.keep('three', large(2_000_000));
  expect(['one', 'two', 'three'].filter((id) => records.get(id, 0))).toEqual(['two', 'three']);
  records.keep('four', large(9_000_000));
  expect(['two', 'three', 'four'].filter((id) => records.get(id, 0))).toEqual(['four']);
  records.keep('five', held);
  expect(['four', 'five'].filter((id) => records.get(id, 0))).toEqual(['five']);
});
