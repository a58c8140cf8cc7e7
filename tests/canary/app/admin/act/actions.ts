'use server';

export async function tellAdmin(_form: FormData): Promise<string> {
  console.log('CANARY-admin-action-ran');
  return 'CANARY-admin-action-result';
}
