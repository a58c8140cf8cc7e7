import { draftMode } from 'next/headers';

export default async function Page() {
  return <p>{String((await draftMode()).isEnabled)}</p>;
}
