export type { LogEvent } from './events.ts';
export { type GatehouseOptions, gatehouse, type Middleware } from './next/middleware.ts';
export type { Rule, Rules } from './policy/rule.ts';
export { defineRules } from './policy/rules.ts';
export { env, type FromEnvironment, type Upstream, type Upstreams } from './policy/upstream.ts';
export { defineUpstreams } from './policy/upstreams.ts';
export type { GatehouseConfig } from './site-configuration.ts';
export type { Json } from './types/claims.ts';
export type { PublicSession as Session, User, UserClaims } from './types/session.ts';
