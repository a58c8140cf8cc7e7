import type { NextApiRequest, NextApiResponse } from 'next';

export default (_: NextApiRequest, response: NextApiResponse) => {
  const { setPreviewData: on } = response;
  on({});
};
