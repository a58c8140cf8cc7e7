import { beforeEach, describe, expect, it } from 'vitest';
import type { EndedList, Ending } from '../../lib/store/ended-list';
import { createEndedSessions, type EndedSessions } from '../../lib/store/ended-sessions';

const START = 1_800_000_000_000;
const HOUR = 3_600_000;

let now = START;
let lists = 0;
let questions: string[] = [];
/** What has ended, the latest first. */
let endings: Ending[] = [];
let isDown = false;
let pending: Promise<unknown>[] = [];
let isolate: EndedSessions;

const later = (work: Promise<unknown>) => void pending.push(work);
const behind = () => Promise.all(pending.splice(0));
const list: EndedList = {
  async since(at) {
    lists += 1;
    if (isDown) throw new Error('no answer');
    return endings.filter(([, ended]) => ended >= at).slice(0, 20_001);
  },
};
const records = {
  async isAlive(id: string) {
    questions.push(id);
    if (isDown) throw new Error('no answer');
    return !endings.some(([ended]) => ended === id);
  },
};
const anIsolate = (checkSeconds = 30) =>
  createEndedSessions({ settings: { checkSeconds }, records, list, now: () => now });
/** A session whose tokens were issued a minute ago. */
const session = (id: string, issuedMsAgo = 60_000) => ({ id, tokensIssuedAt: (now - issuedMsAgo) / 1000 });
const end = (id: string) => void endings.unshift([id, now]);
/** The isolate has read the list a moment ago. */
const warm = async (one = isolate) => {
  await one.check(session('first'), later);
  await behind();
  lists = 0;
  questions = [];
};

beforeEach(() => {
  [now, lists, questions, endings, isDown, pending] = [START, 0, [], [], false, []];
  isolate = anIsolate();
});

describe('an isolate whose clock is set back', () => {
  it('knows no more than a cold one: it waits for no time that has been already', async () => {
    now += HOUR;
    await warm();
    expect(await isolate.check(session('ana'), later, { alwaysCheck: true })).toBe('alive');
    now -= HOUR;
    end('ana');
    end('budi');
    for (const name of ['ana', 'budi']) {
      expect(isolate.isKnown(session(name), later)).toBe(false);
      expect(await isolate.check(session(name), later)).toBe('gone');
    }
    await behind();
    expect(isolate.isKnown(session('citra'), later)).toBe(true);
  });
});

describe('an isolate that knows nothing yet', () => {
  it('asks for the first session itself, and reads the list behind the answer', async () => {
    expect(isolate.isKnown(session('ana'), later)).toBe(false);
    expect(pending.length).toBe(0);
    expect(await isolate.check(session('ana'), later)).toBe('alive');
    expect([questions, pending.length]).toEqual([['ana'], 1]);
    await behind();
    expect(isolate.isKnown(session('budi'), later)).toBe(true);
    expect([questions, lists]).toEqual([['ana'], 1]);
  });

  it('asks for one session only when many come at once: the others wait for the list', async () => {
    end('citra');
    const answers = await Promise.all(['ana', 'budi', 'citra'].map((id) => isolate.check(session(id), later)));
    expect(answers).toEqual(['alive', 'alive', 'gone']);
    expect([questions, lists]).toEqual([['ana'], 1]);
  });

  it('refuses a session that has ended', async () => {
    end('ana');
    expect(await isolate.check(session('ana'), later)).toBe('gone');
    expect(isolate.hasEnded('ana')).toBe(true);
  });
});

describe('an isolate that has read the list', () => {
  beforeEach(() => warm());

  it('knows every session without a question for half of SESSION_CHECK_SECONDS', () => {
    now += 14_999;
    for (let one = 0; one < 1_000; one += 1) expect(isolate.isKnown(session(`person ${one}`), later)).toBe(true);
    expect([questions, lists]).toEqual([[], 0]);
  });

  it('reads it again behind the answers after that, once for all requests', async () => {
    now += 15_000;
    for (let one = 0; one < 1_000; one += 1) expect(isolate.isKnown(session(`person ${one}`), later)).toBe(true);
    expect(lists).toBe(1);
    await behind();
    now += 14_999;
    expect(isolate.isKnown(session('ana'), later)).toBe(true);
    expect([questions, lists]).toEqual([[], 1]);
  });

  it('waits for it after SESSION_CHECK_SECONDS: one request reads for all that wait', async () => {
    end('ana');
    end('citra');
    now += 30_000;
    const people = ['ana', 'budi', 'citra'];
    const answers = await Promise.all(people.map((id) => isolate.check(session(id), later)));
    expect(answers).toEqual(['gone', 'alive', 'gone']);
    expect([questions, lists]).toEqual([[], 1]);
  });

  it('asks for a session itself when nothing says that it lived within the last hour, and then no more for an hour', async () => {
    const old = session('ana', HOUR);
    expect(isolate.isKnown(old, later)).toBe(false);
    expect(await isolate.check(old, later)).toBe('alive');
    expect(questions).toEqual(['ana']);
    now += 15_000;
    isolate.isKnown(old, later);
    await behind();
    now += 25_000;
    expect(isolate.isKnown(old, later)).toBe(true);
    expect(questions).toEqual(['ana']);
    now += HOUR;
    expect(await isolate.check(old, later)).toBe('alive');
    expect(questions).toEqual(['ana', 'ana']);
  });

  it('believes a session that was just stored or seen here', () => {
    const old = session('ana', HOUR);
    expect(isolate.renewed('ana')).toBe(true);
    expect(isolate.isKnown(old, later)).toBe(true);
  });

  it('keeps an ending for good, whatever arrives late', () => {
    isolate.ended('ana');
    expect(isolate.renewed('ana')).toBe(false);
    expect(isolate.isKnown(session('ana'), later)).toBe(false);
  });

  it('sees an ending that reached its replica late, and one that a clock set back puts before the last', async () => {
    const late: Ending = ['late', now - 5_000];
    end('ana');
    now += 15_000;
    isolate.isKnown(session('x'), later);
    await behind();
    endings.push(late);
    now += 15_000;
    isolate.isKnown(session('x'), later);
    await behind();
    expect([isolate.hasEnded('ana'), isolate.hasEnded('late')]).toEqual([true, true]);
  });
});

describe('more endings than an isolate remembers', () => {
  const fill = (count: number) => {
    for (let one = 0; one < count; one += 1) endings.unshift([`ended ${one}`, START + one]);
    now = START + count;
  };

  it('20,000 are known, every one of them', async () => {
    fill(20_000);
    await warm();
    expect(isolate.isFull()).toBe(false);
    expect(isolate.isKnown(session('ana'), later)).toBe(true);
    expect(isolate.hasEnded('ended 0')).toBe(true);
  });

  it('beyond them older sessions are asked for one by one, younger ones are not, and it says so', async () => {
    fill(20_002);
    await warm();
    expect(isolate.isFull()).toBe(true);
    expect(isolate.isKnown(session('ana', 100_000), later)).toBe(false);
    expect(await isolate.check(session('ended 0', 100_000), later)).toBe('gone');
    now += 90_000;
    expect(await isolate.check(session('ana', 1_000), later)).toBe('alive');
    expect(questions).toEqual(['ended 0']);
    now += HOUR;
    expect(isolate.isFull()).toBe(false);
  });

  it('forgets the oldest when they come one by one', async () => {
    fill(20_000);
    await warm();
    end('one more');
    now += 15_000;
    isolate.isKnown(session('x'), later);
    await behind();
    expect([isolate.hasEnded('ended 0'), isolate.hasEnded('ended 1'), isolate.isFull()]).toEqual([false, true, true]);
  });
});

describe('while Redis does not answer', () => {
  it('the isolate goes on with what it knows, and says then that it does not know', async () => {
    await warm();
    isDown = true;
    now += 29_999;
    expect(isolate.isKnown(session('ana'), later)).toBe(true);
    await behind();
    now += 1;
    expect(isolate.isKnown(session('ana'), later)).toBe(false);
    expect(await isolate.check(session('ana'), later)).toBe('unknown');
    expect(isolate.isQuiet()).toBe(true);
    expect(lists).toBe(1); // the circuit breaker is open
    isDown = false;
    now += 2_000;
    expect(await isolate.check(session('ana'), later)).toBe('alive');
    expect([lists, questions]).toEqual([2, []]);
  });

  it('no waiting request outlasts the one that reads for it', async () => {
    await warm();
    isDown = true;
    now += 30_000;
    const answers = await Promise.all(['ana', 'budi'].map((id) => isolate.check(session(id), later)));
    expect(answers).toEqual(['unknown', 'unknown']);
    expect(lists).toBe(1);
  });
});

it('with SESSION_CHECK_SECONDS=0 every request asks for its session, on the primary, and the list is not read', async () => {
  isolate = anIsolate(0);
  expect(isolate.renewed('ana')).toBe(true);
  expect(isolate.isKnown(session('ana'), later)).toBe(false);
  expect(await isolate.check(session('ana'), later)).toBe('alive');
  expect(await isolate.check(session('ana'), later)).toBe('alive');
  expect([questions, lists, pending.length]).toEqual([['ana', 'ana'], 0, 0]);
});

it('a rule with alwaysCheck asks for the session itself, also when the list says that it lives', async () => {
  await warm();
  expect(await isolate.check(session('ana'), later, { alwaysCheck: true })).toBe('alive');
  expect(questions).toEqual(['ana']);
});
