'use client';

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
