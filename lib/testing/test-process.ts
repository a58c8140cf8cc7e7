/** What a process of Next has set: its command line and every build (`process.env.NEXT_RUNTIME`), a build, a standalone server. */
function siteProcess(): string | null {
  // Written out, because Next puts its own value in the place of this very expression when it bundles a file for a server.
  if (process.env.NEXT_RUNTIME) return 'NEXT_RUNTIME is set: this is a server or a build of Next';
  for (const name of ['NEXT_PHASE', '__NEXT_PRIVATE_STANDALONE_CONFIG'])
    if (process.env[name]) return `${name} is set: this is a server or a build of Next`;
  return null;
}

/**
 * The kit makes sessions out of nothing, so nothing of it may run in a site.
 *
 * @throws in an Edge runtime, a browser, and a process or a build of Next
 */
export function assertTestProcess(): void {
  const isNode = typeof process !== 'undefined' && typeof process.versions?.node === 'string';
  const why = isNode ? siteProcess() : 'this is no Node process';
  if (why)
    throw new Error(`next-gatehouse/testing makes sessions and belongs into tests alone. It refuses to load: ${why}.`);
}

assertTestProcess();
