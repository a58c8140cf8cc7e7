'use client';

import { useActionState } from 'react';
import { tellAdmin } from './actions';

export function AdminForm() {
  const [result, submit] = useActionState((_: string, form: FormData) => tellAdmin(form), '');
  return (
    <form action={submit}>
      <button type="submit">Run the action</button>
      <output>{result}</output>
    </form>
  );
}
