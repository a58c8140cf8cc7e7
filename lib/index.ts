export type { LogEvent } from './events.ts';
export { type GatehouseOptions, gatehouse, type Middleware } from './next/middleware.ts';
export type { Rule, Rules } from './policy/rule.ts';
export { defineRules } from './policy/rules.ts';
export type { GatehouseConfig } from './site-configuration.ts';
export type { Json } from './types/claims.ts';
export type { PublicSession as Session, User, UserClaims } from './types/session.ts';
