import type { NewSession } from '../../lib/store/records';
import type { SessionRecord } from '../../lib/types/record';
import type { Session } from '../../lib/types/session';

/** A session that was signed in on an unknown device. */
export const signedIn = (session: Session, record: SessionRecord, replaces?: Session | null): NewSession => ({
  session,
  record,
  replaces,
  signedInAt: session.createdAt,
  device: { browser: null, platform: null },
});
