import { type Stand, startStand } from '../../local/stand.mjs';

export type StandOptions = NonNullable<Parameters<typeof startStand>[0]>;

/** The stands of one worker. */
export interface Stands {
  /** The one that runs with these options, started when there is none. */
  open(options: StandOptions): Promise<Stand>;
  close(): Promise<void>;
}

/**
 * A worker keeps its browser from file to file, and the stand that most files share. Of those with options of their own it keeps
 * the last one: a process of Next waits for nothing, and still takes room.
 */
export function createStands(): Stands {
  const stands = new Map<string, Stand>();
  const usual = JSON.stringify({});
  return {
    async open(options) {
      const key = JSON.stringify(options);
      const found = stands.get(key);
      if (found) return found;
      for (const [other, stand] of stands) {
        if (other === usual || key === usual) continue;
        stands.delete(other);
        await stand.close();
      }
      const stand = await startStand(options);
      stands.set(key, stand);
      return stand;
    },
    async close() {
      await Promise.all([...stands.values()].map((stand) => stand.close()));
    },
  };
}
