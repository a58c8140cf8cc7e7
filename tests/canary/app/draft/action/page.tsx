import { draftMode } from 'next/headers';

export default function Page() {
  async function on() {
    'use server';
    (await draftMode()).enable();
  }
  return <form action={on} />;
}
