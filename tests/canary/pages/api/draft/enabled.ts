import type { NextApiRequest, NextApiResponse } from 'next';

export default (_: NextApiRequest, response: NextApiResponse) => {
  response.setDraftMode({ enable: true });
};
