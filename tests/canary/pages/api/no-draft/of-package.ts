import { on } from 'draft-of-pages';
import type { NextApiRequest, NextApiResponse } from 'next';

export default (_: NextApiRequest, response: NextApiResponse) => {
  on(response);
};
