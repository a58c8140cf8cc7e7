import type { Socket } from 'node:net';
import { LINGER_MS } from '../timing.ts';

/**
 * Lets a connection end after its answer although the peer is still sending. A socket that is destroyed with unread bytes
 * sends a reset, and the reset can overtake the answer (RFC 9112 §9.6). So the answer is ended, what still comes is
 * discarded for a while, and then the socket goes.
 */
export function lingerOnClose(socket: Socket): void {
  socket.destroySoon = () => {
    socket.end();
    destroyLater(socket);
  };
}

/** For a socket whose own side has ended: the peer may keep the other half open for ever. */
export function destroyLater(socket: Socket): void {
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}
