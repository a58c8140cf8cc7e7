import { inject } from 'vitest';
import { route } from './network';
import { askRedis } from './upstash';

/** What stands between the gate and Redis; `pass` goes on to the real one. The name of a command is in upper case. */
export type RedisFault = (
  pass: () => Promise<Response>,
  call: number,
  command: readonly unknown[],
) => Promise<Response>;

const text = (body: string, status: number, type = 'application/json') =>
  new Response(body, { status, headers: { 'content-type': type } });

/** Each way in which Redis has been seen to fail. */
export const REDIS_FAULTS = {
  'reply lost': async (pass) => {
    await pass();
    throw new TypeError('terminated');
  },
  refused: () => Promise.reject(new TypeError('fetch failed')),
  hanging: () => new Promise<Response>(() => {}),
  unauthorized: async () => text('{"error":"WRONGPASS invalid or missing auth token"}', 401),
  'server error': async () => text('{"error":"ERR internal"}', 500),
  html: async () => text('<!doctype html><title>Bad gateway</title>', 502, 'text/html'),
  'html with status 200': async () => text('<!doctype html><title>Parked</title>', 200, 'text/html'),
  'script error': async () => text('{"error":"ERR Error running script"}', 400),
  nonsense: async () => text('{"result":{"surprise":true}}', 200),
} as const satisfies Record<string, RedisFault>;

/** Plain reads come from a replica that lags behind the primary; scripts run on the primary. */
export const staleReplica: RedisFault = async (pass, _, [name]) =>
  name === 'GET' || name === 'HGET' ? text('{"result":null}', 200) : pass();

/** The reply of the first call is lost after Redis has done the work; what comes after arrives. */
export const replyLostOnce = (): RedisFault => {
  let lost = false;
  return async (pass) => {
    const response = await pass();
    if (lost) return response;
    lost = true;
    throw new TypeError('terminated');
  };
};

export interface WorldRedis {
  readonly origin: string;
  readonly token: string;
  calls: number;
  fault: RedisFault | null;
  /** Sends a command of the test's own, uncounted. */
  command(...parts: (string | number)[]): Promise<unknown>;
  /** Moves the times in a hash back, as if so many milliseconds had passed: Redis' own clock is the real one. */
  age(key: string, milliseconds: number): Promise<void>;
  /** The keys that requests of this world have named. Other tests of the run use the same Redis. */
  keys(): readonly string[];
  /** The type and value of each of these, as one text. */
  dump(): Promise<string>;
}

const DUMP = `
local read = { string = { 'GET' }, hash = { 'HGETALL' }, set = { 'SMEMBERS' }, zset = { 'ZRANGE', 0, -1 } }
local lines = {}
for _, key in ipairs(KEYS) do
  local type = redis.call('TYPE', key)['ok']
  if type ~= 'none' then
    local command, from, to = read[type][1], read[type][2], read[type][3]
    local value = from and redis.call(command, key, from, to) or redis.call(command, key)
    if type == 'string' then value = { value } end
    lines[#lines + 1] = key .. ' ' .. type .. ' ttl=' .. redis.call('TTL', key) .. ' ' .. table.concat(value, ' ')
  end
end
return table.concat(lines, '\\n')`;

/** The keys that a request names. A script names all that it touches: on Upstash it may touch no other. */
function keysOf(body: string): readonly string[] {
  const parts = JSON.parse(body) as readonly unknown[];
  const commands = (Array.isArray(parts[0]) ? parts : [parts]) as (readonly unknown[])[];
  return commands.flatMap(([name, first, count, ...rest]) => {
    if (/^eval/i.test(String(name))) return rest.slice(0, Number(count)).map(String);
    return first === undefined ? [] : [String(first)];
  });
}

const AGE = `
for _, field in ipairs({ 'since', 'lease', 'retry', 'until' }) do
  if redis.call('HEXISTS', KEYS[1], field) == 1 then redis.call('HINCRBY', KEYS[1], field, -tonumber(ARGV[1])) end
end
return 'ok'`;

/** The run's real Redis under a host name of this world, with its calls counted and its faults to be chosen. */
export function worldRedis(id: string): WorldRedis {
  const { token } = inject('redis');
  const sent: string[] = [];
  const redis: WorldRedis = {
    origin: `https://redis-${id}.test`,
    token,
    calls: 0,
    fault: null,
    async command(...parts) {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const response = await askRedis('/', JSON.stringify(parts), headers);
      const { result, error } = (await response.json()) as { result?: unknown; error?: string };
      if (error) throw new Error(error);
      return result;
    },
    async age(key, milliseconds) {
      await redis.command('EVAL', AGE, 1, key, milliseconds);
    },
    keys: () => [...new Set(sent.flatMap(keysOf))],
    async dump() {
      const keys = redis.keys();
      return String(await redis.command('EVAL', DUMP, keys.length, ...keys));
    },
  };
  route(redis.origin, async (request) => {
    redis.calls += 1;
    const body = await request.text();
    sent.push(body);
    const pass = () => askRedis(new URL(request.url).pathname, body, Object.fromEntries(request.headers));
    if (!redis.fault) return pass();
    const [name, ...args] = JSON.parse(body) as unknown[];
    return redis.fault(pass, redis.calls, [String(name).toUpperCase(), ...args]);
  });
  return redis;
}
