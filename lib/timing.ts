/**
 * Every duration of the gate, in one place. The first four are promises to the browser and the operator; the others are
 * derived from them, or stand beside the reason for their value.
 */

// Promises.

/** The first byte of every answer. */
const FIRST_BYTE_MS = 15_000;
/** The answer to a request with expired tokens. */
const EXPIRED_ANSWER_MS = 10_000;
/** A rotated token is stored for as long as an isolate may live. */
export const STORE_ROTATED_MS = 20_000;
/** The longest pause that is taken from a provider: one that names an hour is asked again before. */
export const MAX_PAUSE_SECONDS = 60;
export const MAX_PAUSE_MS = MAX_PAUSE_SECONDS * 1000;

// Redis.

/** One request to Redis, its body included. */
export const REDIS_TIMEOUT_MS = 1_000;
/** A script is sent twice when its reply is lost. */
const SCRIPT_MS = 2 * REDIS_TIMEOUT_MS;
/** Back-off of what is retried until Redis answers; the first pause is short, because most faults are a lost connection. */
export const FIRST_RETRY_MS = 100;
export const LAST_RETRY_MS = 2_000;
/** Longer than a request that was given up is usually under way. */
export const COMPENSATE_AGAIN_MS = SCRIPT_MS;
/** An open circuit breaker of one isolate: the time-out of what failed must not be added to every answer. */
export const BREAKER_OPEN_MS = 2_000;
/** A best-effort write behind the answer, and the compensation of one, are retried for so long. */
export const BEST_EFFORT_MS = 5_000;
/** The rate limiter must not hold a sign-in back while Redis hangs. */
export const LIMITER_TIMEOUT_MS = 300;
export const LIMITER_WINDOW_MS = 60_000;
/** In so much time a window of 30 requests a minute slides on by one. */
export const LIMITER_BLOCKED_MS = LIMITER_WINDOW_MS / 30;

// Probes.

/** A probe's answer, whatever Redis and the provider do: Kubernetes waits for one second unless it is told otherwise. */
export const READY_ANSWER_MS = 900;
/** An answer serves all probes of an isolate for so long: they come every few seconds. */
export const READY_KEPT_MS = 5_000;
/** The probe that asks is taken for gone after that. */
export const READY_TURN_MS = READY_ANSWER_MS + 500;
/** How often the others look for its result. */
export const READY_LOOK_MS = 20;
/** The key that a probe writes. */
export const PING_KEPT_MS = 60_000;

// The provider.

/** Discovery and keys. */
export const DOCUMENT_TIMEOUT_MS = 3_000;
export const PAR_TIMEOUT_MS = 5_000;
/** Short: a sign-in goes on without it, and a renewal holds a rotated token that is not stored yet. */
export const USERINFO_TIMEOUT_MS = 2_000;
export const REVOKE_TIMEOUT_MS = 2_000;
/** Waits that the provider asks for before a revocation, in all. */
export const REVOKE_PATIENCE_MS = 60_000;
/** Metadata serve for a day; after an hour they are fetched anew behind an answer (stale-while-revalidate). */
export const METADATA_AGE = { dueMs: 3_600_000, endMs: 86_400_000 };
/** A key that the provider has withdrawn is good for one hour at most. */
export const KEYS_AGE = { dueMs: 1_800_000, endMs: 3_600_000 };
/** Keys that are younger are not fetched anew for a token that any client can send. */
export const KEYS_KEPT_MS = 30_000;
/** One isolate of all fetches a document in this time. */
export const FETCH_CLAIM_MS = 1_000;
/** An isolate that waited longer than two claims of other isolates last fetches for itself. */
export const FETCH_WAIT_MS = 2 * FETCH_CLAIM_MS + 400;
/** The turn of a request that reads the shared copy, and of one that fetches: after that it is taken for gone. */
export const READ_TURN_MS = SCRIPT_MS + REDIS_TIMEOUT_MS + 500;
export const FETCH_TURN_MS = DOCUMENT_TIMEOUT_MS + 500;
/** How often a waiting request looks at the isolate's copy, and the isolate at the shared one. */
export const COPY_LOOK_MS = 50;
export const COPY_POLL_MS = 150;
/** With an old copy at hand the provider is left alone for longer after a failure. */
export const STALE_BREAKER_MS = 10_000;
/** Until metadata that could not be had are asked for again. */
export const METADATA_BACKOFF_MS = 2_000;

// A renewal, within the ten seconds of its promise.

/** A request with expired tokens waits so long for a renewal: its last call to Redis ends with the promise. */
export const RENEWAL_WAIT_MS = EXPIRED_ANSWER_MS - REDIS_TIMEOUT_MS;
/** The provider's answer: what is left of the wait stores it. */
export const REFRESH_TIMEOUT_MS = RENEWAL_WAIT_MS - 500;
/** Longer than a renewal usually takes. A slower one can still commit; until then other attempts take its token for lost. */
export const LEASE_MS = REFRESH_TIMEOUT_MS + USERINFO_TIMEOUT_MS + 3 * SCRIPT_MS + 500;
export const FIRST_POLL_MS = 100;
export const LAST_POLL_MS = 1_000;
/** How often a waiter looks at what its isolate knows. */
export const SINGLE_FLIGHT_LOOK_MS = 60;
/** After an answer that each request has to get for itself, all may ask for so long. */
export const SINGLE_FLIGHT_OPEN_MS = 1_000;
/** After a failure that says that the token was not used. */
export const RENEWAL_BACKOFF_MS = 5_000;
/** What is left of a token that server code gets: a call of an API takes its time, and no proxy repeats it after a 401. */
export const SERVER_CODE_TTL_SECONDS = 5;
/** Tokens in whose last second the gate let a request pass are good in server code until the answer has to begin. */
export const SERVER_CODE_GRACE_SECONDS = FIRST_BYTE_MS / 1000;
/** The provider's refusal of a further token counts for so long in an isolate. */
export const DENIAL_KEPT_MS = 60_000;
/** Between two renewals of a session, however short a life the provider names: the provider counts requests. */
export const RENEWAL_GAP_SECONDS = 10;
/** The provider's clock and the way to it take their share of the time in which it accepts the previous token. */
export const OVERLAP_MARGIN_MS = 2_000;
/** The result of the circuit breaker's probe usually arrives within a second; waiting attempts retry after this time. */
export const PROBE_WAIT_MS = 2_000;
/** So long after a pause a single probe still goes ahead; the concurrent renewals that it holds back come before. */
export const PROBE_KEPT_MS = 600_000;
/** Longer than any script that names a removed record is under way. */
export const TOMBSTONE_MS = 120_000;

// Endings.

/**
 * A session that was seen alive so long ago, at the latest when its tokens were issued, is believed without a question, where
 * the list of endings does not have it; and so long a logout token that was handled is known.
 */
export const BELIEVED_MS = 3_600_000;
/** Clocks differ, and a replica lags: the list goes back further than any session is believed. */
export const ENDED_KEPT_MS = BELIEVED_MS + 300_000;
/** Of the list of endings so much is read again: the primary's clock may have been set back. */
export const ENDED_OVERLAP_MS = 10_000;
/** Redis' clock and the isolate's differ by less. */
export const ENDED_MARGIN_MS = 60_000;

// A sign-in, and its callback within the fifteen seconds of its promise.

/** How long a person has to sign in. */
export const FLOW_SECONDS = 600;
/** The body of a form that another site posts, which is small. */
export const FORM_MS = 10_000;
/** A claimed flow is known for longer than its callback may take. */
export const FLOW_KEPT_MS = 4 * FIRST_BYTE_MS;
/** How soon a callback retries its claim while ten others of its address are pending, then with back-off; and for how long. */
export const FIRST_CLAIM_RETRY_MS = 250;
export const CLAIM_RETRIES_MS = 2_500;
/** A pending callback counts for its address until its answer is due. */
export const CALLBACK_PENDING_MS = FIRST_BYTE_MS;
/** Failed callbacks of an address are counted for so long. */
export const CALLBACK_FAILURE_MS = 60_000;
/** The code's exchange, and the least that it is given. */
export const EXCHANGE_TIMEOUT_MS = 8_000;
export const EXCHANGE_LEAST_MS = 4_000;
/** When storing the record ends, counted from the request's start: a last script still has its time. */
export const STORE_ENDS_MS = FIRST_BYTE_MS - SCRIPT_MS;
/** Storing the record is retried for so long. */
export const STORE_MS = 2_500;
/** When the proof of the ID token ends, for which new keys may have to be fetched. */
export const PROOF_ENDS_MS = STORE_ENDS_MS - 500;
/** When the exchange ends. */
export const EXCHANGE_ENDS_MS = PROOF_ENDS_MS - 1_500;
/** The loop guard counts callbacks within this time. */
export const LOOP_WINDOW_SECONDS = 60;

// A sign-out.

/** The person waits for the revocation so long at most. */
export const REVOKE_WAIT_MS = 2_000;
/** A script has so long to send the browser on to the provider. */
export const HINT_KEPT_MS = 60_000;

// A logout that the provider asks for.

/** The answer to a logout token, whatever Redis and the provider do. What is under way then goes on behind it. */
export const BACKCHANNEL_ANSWER_MS = 2_000;
/** Its form, which is small. */
export const BACKCHANNEL_FORM_MS = BACKCHANNEL_ANSWER_MS - 500;

// Tokens and clocks.

/** Seconds by which the clocks of an isolate and of Redis may differ. For the provider's there is a variable. */
export const CLOCK_TOLERANCE_SECONDS = 30;
/** Of an access token about whose life the provider says nothing. */
export const DEFAULT_TOKEN_SECONDS = 300;
/** No access token is believed to live longer. */
export const MAX_TOKEN_SECONDS = 31_536_000;
/** An ID token is not older than the time in which a person signs in. */
export const MAX_ID_TOKEN_AGE_SECONDS = FLOW_SECONDS;

/** A sign-in that is under way when its sessions are ended from outside is over by then: its ID token is refused as too old. */
export const MARK_MS = (MAX_ID_TOKEN_AGE_SECONDS + 300) * 1000 + FLOW_KEPT_MS;

// An upstream.

/** Until the first byte of an upstream's answer, where its entry says nothing else. */
export const UPSTREAM_FIRST_BYTE_MS = 20_000;
/** Of that time a second request with another token has what the first one left, but at least so much. */
export const UPSTREAM_LEAST_MS = 1_000;
/** Between two bytes of a body, in either direction: as nginx's `proxy_read_timeout`. */
export const UPSTREAM_SILENCE_MS = 60_000;

// The log, the site's own pages, and the Node process.

/** What a page of the site is told of a failure: it is rendered in the same request. */
export const PROBLEM_SECONDS = 60;

/** Repeats of one kind of event are counted for so long. */
export const REPEATS_MS = 60_000;
/** An upgrade waits so long for its first byte, the one of an upstream included. */
export const UPGRADE_FIRST_BYTE_MS = 10_000;
/** As nginx's `lingering_timeout`. */
export const LINGER_MS = 5_000;

/** For one request that `gatehouse routes` calls the site's own middleware with: it computes, and has no network. */
export const OWN_REWRITE_MS = 2_000;

/** For all of them and for loading the site's modules, so that a pipeline does not wait for what never ends. */
export const OWN_REWRITES_MS = 30_000;

// The browser's store of the session.

/** Between two questions that a page asks of its own accord, as when it gets the focus. */
export const ASK_GAP_MS = 5_000;
/** A question that outlasts the gate's own first byte has got lost. */
export const ASK_TIMEOUT_MS = FIRST_BYTE_MS + 5_000;
/** Back-off while the server cannot be asked: twice as long each time, up to this. */
export const LAST_ASK_RETRY_SECONDS = 30;
/** The end of a session is looked at by the clock this often: a computer that slept through a timer is late by no more. */
export const END_CHECK_MS = 60_000;
/** The `Date` of an answer is exact to a second, and half of one is the mean. */
export const DATE_MIDDLE_MS = 500;
/** An answer of the server counts as one about the last minute when the session had so much more at that time. */
export const SKEW_MS = 2_000;

// The command line.

/** One call of `gatehouse doctor`: slower answers are a finding, and the command ends within seconds. */
export const DOCTOR_TIMEOUT_MS = 5_000;
