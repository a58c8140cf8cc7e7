/** As nginx's `lingering_timeout`. */
const LINGER_MS = 5_000;

/**
 * Lets a connection end after its answer although the peer is still sending. A socket that is destroyed with unread bytes
 * sends a reset, and the reset can overtake the answer (RFC 9112 §9.6). So the answer is ended, what still comes is
 * discarded for a while, and then the socket goes.
 *
 * @param {import('node:net').Socket} socket
 */
export function lingerOnClose(socket) {
  socket.destroySoon = () => {
    socket.end();
    destroyLater(socket);
  };
}

/** For a socket whose own side has ended: the peer may keep the other half open for ever. */
export function destroyLater(/** @type {import('node:net').Socket} */ socket) {
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}
