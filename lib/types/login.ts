/** What a login asks of the provider beyond the required parameters (OIDC Core §3.1.2.1). */
export interface LoginExtras {
  readonly prompt?: string;
  readonly login_hint?: string;
  readonly max_age?: string;
  readonly acr_values?: string;
  readonly ui_locales?: string;
}

/** A login in progress, as its flow cookie carries it. */
export interface Flow {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  /** Of the session, or of another flow of this browser, where there is one; see `Session`. */
  readonly browser: string;
  readonly returnTo: string;
  /** `max_age` that was asked for, in seconds. */
  readonly maxAge?: number;
  /** `acr_values` that were asked for, space separated. */
  readonly acrValues?: string;
  readonly startedAt: number;
  readonly endsAt: number;
}
