'use client';

import Link from 'next/link';
import { useState } from 'react';
import { tellWith } from '../action/actions';

export function FetchHandler() {
  const [status, setStatus] = useState('');
  const ask = async () => setStatus(String((await fetch('/api/canary')).status));
  return (
    <p>
      <button type="button" onClick={ask}>
        Fetch the handler
      </button>
      <output id="fetch-status">{status}</output>
    </p>
  );
}

export function CallAction() {
  const [result, setResult] = useState('');
  const call = async () => setResult(await tellWith('one', 2));
  return (
    <p>
      <button type="button" onClick={call}>
        Call the action
      </button>
      <output id="call-result">{result}</output>
    </p>
  );
}

/** Links that are not fetched ahead before they are there. */
export function MoreLinks() {
  const [shown, setShown] = useState(false);
  if (!shown)
    return (
      <button type="button" onClick={() => setShown(true)}>
        Show more links
      </button>
    );
  return (
    <p>
      <Link href="/docs/a">A link to a page</Link>{' '}
      <Link href="/auth/login?returnTo=/item/8">A link to the sign-in</Link>{' '}
      <Link href="/auth/logout">A link to the sign-out</Link>
    </p>
  );
}
