import type { Metadata } from 'next';
import { Shell } from '../shell';
import { Live } from './live';
import { Notes } from './notes';
import { Upload } from './upload';

export const metadata: Metadata = { title: 'Notes' };

/** Prerendered: what a person has comes from the API, and the browser asks for it through the gate. */
export const dynamic = 'error';

export default function NotesPage() {
  return (
    <Shell current="/notes" session="unknown">
      <h1>Notes</h1>
      <p className="lead">
        These come from an API that wants an access token. The gate adds yours on the way; this page never sees it.
      </p>
      <noscript>
        <p>This page needs JavaScript.</p>
      </noscript>
      <Notes />
      <Upload />
      <Live />
    </Shell>
  );
}
