import { jwtVerify, SignJWT } from 'jose';
import type { ProviderContext } from './provider-context.ts';

/**
 * A refresh token that says itself what was granted, under a key that site and provider have alike: the client's secret. A test
 * makes a session in a process of its own, and the provider, which runs in another one, renews it all the same. No real
 * provider takes such a token for one of its own.
 */
export interface SignedGrant {
  readonly sub: string;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly sid: string;
  /** Seconds since the epoch. */
  readonly authTime: number;
  readonly acr?: string;
  readonly scope: readonly string[];
}

interface Client {
  readonly clientId: string;
  readonly clientSecret: string;
}

const TYPE = 'test-grant+jwt';
const PREFIX = /^test-rt-\d+-/;

/** `test-rt-<number>-<JWS>`: the ledger of the provider names it by its number. */
export async function signGrant(grant: SignedGrant, client: Client): Promise<string> {
  const jws = await new SignJWT({ grant })
    .setProtectedHeader({ alg: 'HS256', typ: TYPE })
    .setAudience(client.clientId)
    .setJti(crypto.randomUUID())
    .sign(await keyOf(client));
  const [serial = 0] = crypto.getRandomValues(new Uint32Array(1));
  return `test-rt-${serial}-${jws}`;
}

/** Makes such a token known to the provider, with a family of its own; any other text changes nothing. */
export async function adopt(token: string, context: ProviderContext): Promise<void> {
  const { clientId, clientSecret } = context.settings;
  if (!PREFIX.test(token) || !token.includes('.') || clientSecret === '') return;
  const options = { audience: clientId, typ: TYPE, algorithms: ['HS256'] };
  const verified = await jwtVerify(token.replace(PREFIX, ''), await keyOf({ clientId, clientSecret }), options).catch(
    () => null,
  );
  if (!verified) return;
  const { sub, claims, acr = context.settings.acrValues[0] ?? '', ...grant } = verified.payload.grant as SignedGrant;
  const person = context.people.get(sub) ?? { sub, claims };
  context.people.set(sub, person);
  context.secrets.add(token);
  context.grants.adoptRefresh(token, { ...grant, acr, person, nonce: '', redirectUri: '', challenge: '' });
}

/** Of the secret and a label, so that a signature of this kind is worth nothing where the secret itself is a key. */
async function keyOf({ clientSecret }: Client): Promise<Uint8Array> {
  const text = new TextEncoder().encode(`gatehouse-test-grant ${clientSecret}`);
  return new Uint8Array(await crypto.subtle.digest('SHA-256', text));
}
