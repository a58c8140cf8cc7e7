import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export interface Piece {
  /** Milliseconds to wait before it is sent. */
  readonly after?: number;
  readonly text?: string;
  readonly base64?: string;
  readonly repeat?: number;
}

/** What the API sends, in place of HTTP that a server would make. */
export interface Script {
  readonly pieces: readonly Piece[];
  /** What follows: the connection is closed, reset, or stays open. */
  readonly end?: 'close' | 'reset' | 'open';
  /** Before the body of the request has come. */
  readonly early?: boolean;
}

/** A request as it stood on the wire. */
export interface Seen {
  readonly head: string;
  /** Bytes behind the head, with the framing of chunks. */
  readonly bytes: number;
  readonly ended: 'whole' | 'cut' | 'open';
  readonly sentAt: readonly number[];
  readonly closedAt?: number;
}

export interface Liar {
  readonly port: number;
  /** Says what is sent at a path: the first script for the first request, the last one for all that follow. */
  tell(path: string, ...scripts: readonly Script[]): Promise<void>;
  /** The requests since they were asked for and forgotten. */
  calls(): Promise<readonly Seen[]>;
  /** The same, and forgets them. */
  seen(): Promise<readonly Seen[]>;
  close(): void;
}

export async function startLiar(): Promise<Liar> {
  const child: ChildProcess = fork(join(import.meta.dirname, 'liar.mjs'), [], { stdio: 'inherit' });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  let ids = 0;
  const ask = (message: object) =>
    new Promise<{ seen: readonly Seen[] }>((resolve) => {
      ids += 1;
      const id = ids;
      const take = (reply: { id: number; seen: readonly Seen[] }) => {
        if (reply.id !== id) return;
        child.off('message', take);
        resolve(reply);
      };
      child.on('message', take);
      child.send({ ...message, id });
    });
  return {
    port,
    tell: async (path, ...scripts) => void (await ask({ path, scripts })),
    calls: async () => (await ask({})).seen,
    seen: async () => (await ask({ forget: true })).seen,
    close: () => void child.kill(),
  };
}
