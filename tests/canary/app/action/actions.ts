'use server';

/** Checks no session: the gate alone stands in front of it. */
export async function tell(_previous: string, _form: FormData): Promise<string> {
  console.log('CANARY-action-ran');
  return 'CANARY-action-result';
}

export async function tellWith(first: string, second: number): Promise<string> {
  console.log('CANARY-action-ran');
  return `CANARY-action-result ${first} ${second}`;
}
