const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** True for a host that never leaves the machine (RFC 8252 §8.3), where plain http is safe. */
export const isLoopback = (url: URL): boolean => LOOPBACK.test(url.hostname);
