'use client';

import { useActionState } from 'react';
import { tell } from './actions';

export function ActionForm() {
  const [result, submit] = useActionState(tell, '');
  return (
    <form action={submit}>
      <button type="submit">Run the action</button>
      <output id="action-form-result">{result}</output>
    </form>
  );
}
