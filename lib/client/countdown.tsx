'use client';

import type { DialogHTMLAttributes, ReactNode } from 'react';
import { SignOut } from './links.tsx';
import { useSecondsLeft } from './use-seconds-left.ts';
import { useSession } from './use-session.ts';

export interface SessionCountdownProps
  extends Omit<DialogHTMLAttributes<HTMLDialogElement>, 'children' | 'open' | 'role'> {
  /** From how many seconds before the end of the session it is shown; 60 by default. Less than SESSION_IDLE_SECONDS, or it is shown always. */
  readonly thresholdSeconds?: number;
  /** `{time}` becomes the time left, such as “59 seconds”, in the language of the document (`<html lang>`). */
  readonly text?: string;
  /** The button that prolongs the session. It is not there where the session ends in any case. */
  readonly stay?: string;
  /** The button that signs out; “Sign out” by default. */
  readonly signOut?: string;
}

/**
 * A dialog that says when the session is about to end: stay signed in, or sign out. Until then it renders
 * nothing, and it has no style of its own.
 *
 * It is a modal `alertdialog` (WAI-ARIA 1.2 §5.4): screen readers announce it, the focus moves to its first button and comes back
 * when it closes. The Escape key closes it and prolongs nothing.
 *
 * @example <SessionCountdown className="card" text="Anda akan keluar dalam {time}." stay="Tetap masuk" signOut="Keluar" />
 */
export function SessionCountdown({
  thresholdSeconds = 60,
  text = 'You will be signed out in {time}.',
  stay = 'Stay signed in',
  signOut,
  ...rest
}: SessionCountdownProps): ReactNode {
  const { session, staySignedIn } = useSession();
  const seconds = useSecondsLeft(thresholdSeconds, () => true);
  if (!session || !seconds) return null;
  const sentence = text.replace('{time}', timeIn(seconds, document.documentElement.lang));
  return (
    <dialog {...rest} ref={open} role="alertdialog" aria-label={sentence}>
      <p>{sentence}</p>
      {session.idleExpiresAt < session.expiresAt && (
        <button type="button" onClick={staySignedIn}>
          {stay}
        </button>
      )}
      <SignOut>{signOut}</SignOut>
    </dialog>
  );
}

/** In the browser's own language where `lang` is none (BCP 47), such as `en_US` or nothing. */
function timeIn(seconds: number, lang?: string): string {
  try {
    return seconds.toLocaleString(lang, { style: 'unit', unit: 'second', unitDisplay: 'long' });
  } catch {
    return timeIn(seconds);
  }
}

/** One function for all renders, so that the dialog opens once. It closes before it leaves the document, which gives the focus back. */
function open(dialog: HTMLDialogElement | null) {
  dialog?.showModal();
  return () => dialog?.close();
}
