/**
 * A deployment in a clock of its own: isolates, people who visit pages at random ones of them, and people who sign out. What an isolate
 * knows of endings is the code of the gate; Redis, its replicas and the people are simulated. Equal seeds give equal figures.
 *
 * @typedef {object} Deployment
 * @property {number} isolates
 * @property {number} people
 * @property {number} seconds that are simulated
 * @property {number} visitSeconds between two visits of a person, on average
 * @property {number} signOutsPerMinute of all people together; their cookies go on visiting
 * @property {number} [checkSeconds] `SESSION_CHECK_SECONDS`
 * @property {number} [lagMs] by which a replica is behind the primary at most
 * @property {number} [seed]
 *
 * @typedef {object} Figures
 * @property {number} commandsPerMinute that Redis gets to know who has ended
 * @property {number} longestBeliefMs the longest time after its end that a session was accepted
 * @property {number} visits
 * @property {number} waits visits that waited for Redis
 * @property {number} refused visits of sessions that had ended
 *
 * @typedef {{ id: string, tokensIssuedAt: number, endedAt: number }} Person
 * @typedef {Pick<import('../lib/store/ended-sessions').EndedSessions, 'isKnown' | 'hasEnded' | 'check' | 'renewed'>} Knowledge
 */

const START = 1_800_000_000_000;
const TOKEN_MS = 900_000;

/** Each isolate asks for each session once in `SESSION_CHECK_SECONDS`: what the list of endings took the place of. */
/** @param {{ isAlive: (id: string) => Promise<boolean> }} records @param {number} checkMs @param {() => number} now @returns {Knowledge} */
function askPerSession(records, checkMs, now) {
  /** @type {Map<string, number>} */
  const aliveAt = new Map();
  const ended = new Set();
  return {
    isKnown: ({ id }) => now() - (aliveAt.get(id) ?? 0) < checkMs,
    hasEnded: (id) => ended.has(id),
    async check({ id }) {
      const isAlive = await records.isAlive(id);
      if (isAlive) aliveAt.set(id, now());
      else ended.add(id);
      return isAlive ? 'alive' : 'gone';
    },
    renewed(id) {
      aliveAt.set(id, now());
      return true;
    },
  };
}

/**
 * @param {Deployment} deployment
 * @param {typeof import('../lib/store/ended-sessions').createEndedSessions | 'by a question per session'} how
 * @returns {Promise<Figures>}
 */
export async function simulate(deployment, how) {
  const { isolates, people, seconds, visitSeconds, signOutsPerMinute } = deployment;
  const { checkSeconds = 30, lagMs = 1_000, seed = 1 } = deployment;
  const random = generator(seed);
  let now = START;
  let commands = 0;
  /** @type {(readonly [id: string, at: number])[]} the latest last */
  const endings = [];
  /** @type {Person[]} */
  const crowd = Array.from({ length: people }, (_, index) => ({
    id: `person-${index}`,
    tokensIssuedAt: (START - random() * TOKEN_MS) / 1000,
    endedAt: Number.POSITIVE_INFINITY,
  }));
  const byId = new Map(crowd.map((person) => [person.id, person]));
  /** What a replica has seen. */
  const seen = () => now - random() * lagMs;

  const list = {
    /** @param {number} from */
    async since(from) {
      commands += 1;
      const until = seen();
      const found = [];
      for (let place = endings.length - 1; place >= 0; place -= 1) {
        const ending = /** @type {typeof endings[number]} */ (endings[place]);
        if (ending[1] < from) break;
        if (ending[1] <= until) found.push(ending);
      }
      return found;
    },
  };
  const records = {
    /** @param {string} id */
    async isAlive(id) {
      commands += 1;
      return (byId.get(id)?.endedAt ?? 0) > seen();
    },
  };
  const known = Array.from({ length: isolates }, () =>
    how === 'by a question per session'
      ? askPerSession(records, checkSeconds * 1000, () => now)
      : how({ settings: { checkSeconds }, records, list, now: () => now }),
  );

  /** @type {Promise<unknown>[]} */
  let behind = [];
  const later = (/** @type {Promise<unknown>} */ work) => void behind.push(work);
  const figures = { longestBeliefMs: 0, visits: 0, waits: 0, refused: 0 };
  const visit = async () => {
    const person = /** @type {Person} */ (crowd[Math.floor(random() * people)]);
    const isolate = /** @type {Knowledge} */ (known[Math.floor(random() * isolates)]);
    const isOver = person.endedAt <= now;
    if (!isOver && now >= person.tokensIssuedAt * 1000 + TOKEN_MS) {
      person.tokensIssuedAt = now / 1000;
      isolate.renewed(person.id);
    }
    figures.visits += 1;
    let isAccepted = isolate.isKnown(person, later);
    if (!isAccepted && !isolate.hasEnded(person.id)) {
      figures.waits += 1;
      isAccepted = (await isolate.check(person, later)) === 'alive';
    }
    if (behind.length > 0) await Promise.all(behind);
    behind = [];
    if (isOver && isAccepted) figures.longestBeliefMs = Math.max(figures.longestBeliefMs, now - person.endedAt);
    if (!isAccepted) figures.refused += 1;
  };

  const visitsPerMs = people / (visitSeconds * 1000);
  const endingsPerMs = signOutsPerMinute / 60_000;
  // The first minute fills what the isolates know, and is not counted.
  for (const [span, isCounted] of /** @type {const} */ ([
    [60, false],
    [seconds, true],
  ])) {
    if (isCounted) Object.assign(figures, { longestBeliefMs: 0, visits: 0, waits: 0, refused: 0 });
    if (isCounted) commands = 0;
    for (const ends = now + span * 1000; now < ends; ) {
      now += -Math.log(1 - random()) / (visitsPerMs + endingsPerMs); // between two events of a Poisson process
      if (random() * (visitsPerMs + endingsPerMs) >= endingsPerMs) await visit();
      else {
        const person = /** @type {Person} */ (crowd[Math.floor(random() * people)]);
        if (person.endedAt > now) endings.push([person.id, now]);
        person.endedAt = Math.min(person.endedAt, now);
      }
    }
  }
  return { commandsPerMinute: (commands * 60) / seconds, ...figures };
}

/** Numbers from 0 up to 1 (mulberry32). @param {number} seed */
function generator(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
