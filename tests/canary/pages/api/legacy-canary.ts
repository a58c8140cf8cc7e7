import type { NextApiRequest, NextApiResponse } from 'next';

export default function handler(_request: NextApiRequest, response: NextApiResponse) {
  response.writeHead(200, { 'cache-control': 'public, max-age=600' });
  response.end(JSON.stringify({ canary: 'CANARY-legacy-handler' }));
}
