import type { NextApiRequest, NextApiResponse } from 'next';

/** Renders a static page anew, as a content management system asks for it after a change. */
export default async function handler(_request: NextApiRequest, response: NextApiResponse) {
  await response.revalidate('/legacy-static');
  response.json({ revalidated: true });
}
