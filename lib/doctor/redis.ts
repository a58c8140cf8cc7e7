import { randomText } from '../crypto/random.ts';
import { LOCKING } from '../store/lua.ts';
import { REDIS_TIMEOUT_MS } from '../timing.ts';
import type { RedisSettings } from '../types/settings.ts';
import type { ClockSample } from './clocks.ts';
import { type Finding, findingsOf, shown, shownUrl } from './finding.ts';
import { type Network, unreachable } from './network.ts';

export const REDIS = findingsOf(
  'redis',
  {
    'redis-unreachable': {
      severity: 'fault',
      what: 'Redis cannot be reached.',
      why: 'No sign-in can finish, and no token can be renewed; visitors with a session stay until their access token ends.',
      mend: 'Correct UPSTASH_REDIS_REST_URL (the REST address, which begins with https, and not the one that begins with redis), or start Redis.',
    },
    'redis-token': {
      severity: 'fault',
      what: 'Redis refuses the token.',
      why: 'No sign-in can finish, and no token can be renewed.',
      mend: 'Copy UPSTASH_REDIS_REST_TOKEN from the same database as the address; the read-only token is not enough.',
    },
    'redis-protocol': {
      severity: 'fault',
      what: 'What answers is not Redis over the REST protocol of Upstash.',
      why: 'The gate speaks this protocol alone.',
      mend: 'Set UPSTASH_REDIS_REST_URL to the REST address of Upstash, or of a proxy in front of your own Redis that speaks it.',
    },
    'redis-scripts': {
      severity: 'fault',
      what: 'Redis does not run scripts of the gate.',
      why: 'Every decision about a session is a script with the flag `allow-key-locking`, so that two isolates cannot decide differently.',
      mend: 'Use the read-write token of an Upstash database, or a proxy that takes the flag line off.',
    },
    'redis-slow': {
      severity: 'warning',
      what: 'Redis answers slowly from here.',
      why: 'The gate gives a call one second; a sign-in makes three, a renewal two.',
      mend: 'Choose a database in the region of the site, and run the command there.',
    },
    'redis-evicts': {
      severity: 'warning',
      what: 'Redis may evict keys when its memory is full.',
      why: 'A record that is evicted ends its session at the next renewal, and an evicted list of endings brings ended sessions back for a time.',
      mend: 'Turn eviction off (Upstash: Eviction in the settings of the database; else `CONFIG SET maxmemory-policy noeviction`).',
    },
    'redis-eviction-unknown': {
      severity: 'note',
      what: 'Redis does not say what it does when its memory is full.',
      why: 'A record that is evicted ends its session at the next renewal.',
      mend: 'See that eviction is off in the settings of the database.',
    },
    'redis-replica': {
      severity: 'note',
      what: 'Redis has replicas.',
      why: 'A read may come from a replica that lags: an ended session is refused within SESSION_CHECK_SECONDS and that lag. Decisions are scripts, which run on the primary.',
      mend: 'Nothing is to be done; a rule with `alwaysCheck` asks the primary.',
    },
  },
  {
    'redis-reachable': 'Redis answers.',
    'redis-runs-scripts': 'Redis runs the scripts of the gate.',
    'redis-keeps': 'Redis evicts nothing.',
  },
);

const PINGS = 5;
/** Slower than this, the calls of a sign-in take longer than people notice. */
const SLOW_SHARE = 4;

/** Writes a key of its own and removes it, in one atomic step: nothing is left behind, whatever happens. */
const SCRIPT = `${LOCKING}redis.call('SET', KEYS[1], '1', 'PX', 1000)\nredis.call('DEL', KEYS[1])\nreturn 'done'`;

interface Reply {
  readonly status: number;
  readonly result?: unknown;
  readonly error?: string;
  readonly sentAt: number;
  readonly receivedAt: number;
}

type Ask = (...command: string[]) => Promise<Reply>;

export interface CheckedRedis {
  readonly findings: readonly Finding[];
  readonly clock?: ClockSample;
}

/** Without the client of Upstash, which hides the status of an answer. */
export async function checkRedis({ url, token }: RedisSettings, { send, now }: Network): Promise<CheckedRedis> {
  const ask: Ask = async (...command) => {
    const sentAt = now();
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const { status, text } = await send(new URL(url).href, { method: 'POST', headers, body: JSON.stringify(command) });
    return { status, ...membersOf(text), sentAt, receivedAt: now() };
  };
  try {
    const first = await ask('PING');
    const refused = refusal(first, url);
    if (refused) return { findings: [refused] };
    const latency = await latencyFindings(ask);
    const [time, script, eviction, replicas] = await Promise.all([
      ask('TIME'),
      ask('EVAL', SCRIPT, '1', `gatehouse-doctor:${randomText()}`),
      ask('CONFIG', 'GET', 'maxmemory-policy').catch(() => undefined),
      ask('INFO').catch(() => undefined),
    ]);
    const info = typeof replicas?.result === 'string' ? replicas.result : '';
    const findings = [...latency, scriptFinding(script), evictionFinding(eviction, info), ...replicaFindings(info)];
    return { findings, ...clockOf(time) };
  } catch (error) {
    return { findings: [REDIS.found('redis-unreachable', { what: `${shownUrl(url)}: ${unreachable(error)}.` })] };
  }
}

function membersOf(text: string): { readonly result?: unknown; readonly error?: string } {
  try {
    const { result, error } = JSON.parse(text) as { readonly result?: unknown; readonly error?: unknown };
    return { result, ...(typeof error === 'string' && { error }) };
  } catch {
    return {};
  }
}

/** What Redis says of a token that it does not know, or that may not do this. */
const DENIED = /^(NOAUTH|WRONGPASS|NOPERM)|unauthorized/i;

function refusal({ status, result, error }: Reply, url: string): Finding | undefined {
  if (status === 200 && result === 'PONG') return undefined;
  if (status === 401 || status === 403 || DENIED.test(error ?? ''))
    return REDIS.found('redis-token', { what: `${shownUrl(url)} answers ${status} and refuses the token.` });
  return REDIS.found('redis-protocol', { what: `${shownUrl(url)} answers ${status} to PING, and no PONG.` });
}

async function latencyFindings(ask: Ask): Promise<Finding[]> {
  const times: number[] = [];
  for (let turn = 0; turn < PINGS; turn += 1) {
    const { sentAt, receivedAt } = await ask('PING');
    times.push(receivedAt - sentAt);
  }
  const median = times.sort((one, other) => one - other)[Math.floor(PINGS / 2)] ?? 0;
  const what = `Redis answers in ${Math.max(Math.round(median), 1)} ms (median of ${PINGS}).`;
  const slow = median > REDIS_TIMEOUT_MS / SLOW_SHARE ? [REDIS.found('redis-slow', { what })] : [];
  return slow.length > 0 ? slow : [REDIS.passed('redis-reachable', what)];
}

function scriptFinding({ status, result, error }: Reply): Finding {
  if (result === 'done') return REDIS.passed('redis-runs-scripts');
  if (DENIED.test(error ?? ''))
    return REDIS.found('redis-token', { what: 'The token may read and not write: a script is refused.' });
  const [word = ''] = /^[A-Z]{2,20}/.exec(error ?? '') ?? [];
  return REDIS.found('redis-scripts', { what: `A script is refused: ${status} ${word}`.trim().concat('.') });
}

/** `CONFIG GET` answers a pair, or a map; `INFO` has the same word, where the command is not allowed. */
function evictionFinding(reply: Reply | undefined, info: string): Finding {
  const values = Array.isArray(reply?.result) ? reply.result : Object.values(Object(reply?.result));
  const [, ofInfo] = /^maxmemory_policy:(\S+)/m.exec(info) ?? [];
  const policy = values.map(String).find((value) => /^(noeviction|allkeys-|volatile-)/.test(value)) ?? ofInfo;
  if (policy === undefined) return REDIS.found('redis-eviction-unknown');
  if (policy === 'noeviction')
    return REDIS.passed('redis-keeps', 'Redis evicts nothing (maxmemory-policy noeviction).');
  return REDIS.found('redis-evicts', { what: `Redis has maxmemory-policy ${shown(policy)}.` });
}

function replicaFindings(info: string): Finding[] {
  const [, count = '0'] = /^connected_slaves:(\d+)/m.exec(info) ?? [];
  const isReplica = /^role:slave/m.test(info);
  return count === '0' && !isReplica ? [] : [REDIS.found('redis-replica')];
}

function clockOf({ result, sentAt, receivedAt }: Reply): { readonly clock?: ClockSample } {
  const [seconds, micros] = Array.isArray(result) ? result.map(Number) : [];
  if (!Number.isFinite(seconds)) return {};
  return { clock: { there: Number(seconds) * 1000 + Number(micros ?? 0) / 1000, sentAt, receivedAt, resolutionMs: 1 } };
}
