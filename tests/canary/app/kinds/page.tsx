import Link from 'next/link';
import { ActionForm } from '../action/form';
import { CallAction, FetchHandler, MoreLinks } from './buttons';

/** One of each kind of request that a page can make, for a browser. */
export default function Kinds() {
  return (
    <main>
      <p>CANARY-kinds</p>
      <Link href="/static-page">A link</Link>
      <Link href="/item/7" prefetch={false}>
        A link that waits for the click
      </Link>
      <MoreLinks />
      <FetchHandler />
      <form method="post" action="/api/canary">
        <button type="submit">Send the plain form</button>
      </form>
      <ActionForm />
      <CallAction />
      {/* biome-ignore lint/performance/noImgElement: a plain image is what is wanted */}
      <img src="/canary.png" alt="A canary" />
      <iframe src="/static-page" title="A frame" />
    </main>
  );
}
