/** Where caches look for what they may keep: `Cache-Control`, RFC 9213's `CDN-Cache-Control` and those of single vendors. */
export const CACHING = /^((.+-)?(cache|surrogate|edge)-control|x-accel-expires)$/;
