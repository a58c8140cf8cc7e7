'use server';

export async function tellAdmin(_form: FormData): Promise<string> {
  return 'CANARY-admin-action-result';
}
