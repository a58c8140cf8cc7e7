/** The events that the gate logs, for the operator of the site. */

/** Why tokens are revoked: refused in a sign-in, replaced by one, given up by signing out, ended from outside, or brought too late. */
export type RevokeReason = 'refused' | 'replaced' | 'signed_out' | 'ended_elsewhere' | 'too_late';

/** What ended sessions from outside of their browser. */
export type EndingCause = 'backchannel_logout' | 'frontchannel_logout' | 'session_list' | 'server_code';

/** How an attempt at a renewal ended; see the event `renewal`. */
export type RenewalOutcome = 'refreshed' | 'denied' | 'ended' | 'uncertain' | 'superseded' | 'postponed';

/** Why a request to an upstream failed; see the event `upstream_failed`. */
export type UpstreamFailure =
  | 'unreachable'
  | 'timeout'
  | 'response_invalid'
  | 'unauthorized'
  | 'token_denied'
  | 'cut'
  | 'silent'
  | 'status';

interface Events {
  /** The environment is no configuration: names of the faulty variables, with what is wrong. */
  misconfigured: { readonly variables: Readonly<Record<string, string>> };
  /** An answer that is a failure. `cause`: the code of the error behind it, else the name of its class (see `causeOf`). */
  problem: {
    readonly code: string;
    readonly status: number;
    readonly actor: string;
    readonly cause?: string | undefined;
  };
  login_started: object;
  /** A proxy in front does not hand the host on: `seen` is what the request names, `expected` that of `SSO_REDIRECT_URI`. */
  host_mismatch: { readonly seen: string; readonly expected: string };
  /** `replaced`: the session ended another one of this browser. */
  signed_in: { readonly replaced: boolean; readonly droppedClaims: readonly string[] };
  /** Claims that the session would keep and the provider does not send: it names another place for them (group overage). */
  claims_elsewhere: { readonly claims: readonly string[] };
  /** The userinfo endpoint did not answer, or its answer cannot be used, at a sign-in or a renewal; `reason` says why. */
  userinfo_failed: object;
  signed_out: { readonly hadRecord: boolean };
  /** Sessions were ended by something else than a sign-out in their browser. `sessions`: how many; 0 when there was none. */
  sessions_ended: { readonly cause: EndingCause; readonly sessions: number };
  /** Signed out in the browser, while the record is still in Redis. */
  record_not_removed: object;
  /** `rule` is methods, if any, and path of the rule as the configuration of the site has it; `/*` where none is listed. */
  access_refused: {
    readonly rule: string;
    readonly why: 'no_session' | 'not_met' | 'step_up';
    /** Of what the rule looks at, what did not fit into the session's cookie. */
    readonly droppedClaims?: readonly string[];
  };
  /** More sessions have ended than an isolate remembers: sessions of before that time are asked for one by one. */
  ended_list_full: object;
  /** Redis did not answer, and the session was accepted for as long as its access token lasts. */
  session_check_failed: object;
  /**
   * One attempt to renew a session's tokens. `refreshed`: stored. `denied`: none for this target. `ended`: the session is over. `uncertain`: whether
   * the provider used the token is unknown. `superseded`: another attempt or another sign-in came first. `postponed`: not now.
   */
  renewal: { readonly outcome: RenewalOutcome; readonly ms: number };
  /** The provider refuses the client at a renewal: no session of the deployment is renewed for a minute. */
  client_rejected: object;
  /** A request took over what another one had renewed, after waiting for it `waitedMs`. */
  renewal_adopted: {
    readonly generation: number;
    readonly waitedMs: number;
    readonly droppedClaims: readonly string[];
  };
  /** Redis did not answer in time: the request is not counted, and passes. */
  rate_limiter_unavailable: { readonly route: string };
  /** A probe at `/auth/ready` found that a sign-in could not succeed: `parts` are not at hand. */
  not_ready: { readonly parts: readonly string[] };
  /** No address can be trusted, so all callers share one count: set `TRUSTED_PROXY_HOPS`. Once per isolate, not on loopback. */
  client_address_unknown: object;
  /** A request with expired tokens could not be served now. */
  renewal_unavailable: { readonly waitedMs: number };
  /**
   * A request to an upstream failed; `upstream` is the path in its entry. `cut`, `silent`: in the middle of a body. `status`:
   * it answered with a 5xx, which has been passed on.
   */
  upstream_failed: { readonly upstream: string; readonly why: UpstreamFailure; readonly status?: number };
  tokens_revoked: { readonly why: RevokeReason; readonly outcome: 'revoked' | 'unsupported' };
  revocation_failed: { readonly why: RevokeReason };
}

/**
 * What happened, typed. `ref` is the reference in the answer and in `x-request-id`, `reason` a fixed text of ours. An event
 * with `count` stands for so many more of its kind; `refs` are the references of the first of them (see `countRepeats`).
 * Values are ours: no token, code, verifier, secret, cookie or address.
 */
export type LogEvent = {
  readonly [Name in keyof Events]: {
    readonly event: Name;
    readonly ref?: string;
    /** What was asked for; in `next dev` alone. */
    readonly path?: string;
    readonly reason?: string | undefined;
    readonly count?: number;
    readonly refs?: readonly string[];
  } & Events[Name];
}[keyof Events];

export type Log = (event: LogEvent) => void;
