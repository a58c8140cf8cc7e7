import { Agent, request } from 'node:http';
import { counted } from './time';

const agent = new Agent({ keepAlive: true });

/**
 * Sends a body over a real socket. Not by `fetch`, whose streams and checks cost more time than all that the gate does
 * for a request, and every call of Redis comes through here.
 */
export const post = (url: string, body: string, sent: Readonly<Record<string, string>>): Promise<Response> =>
  counted(send(url, body, sent));

const send = (url: string, body: string, sent: Readonly<Record<string, string>>): Promise<Response> =>
  new Promise((resolve, reject) => {
    const headers = { ...sent, 'content-length': Buffer.byteLength(body) };
    const outgoing = request(url, { method: 'POST', agent, headers }, (incoming) => {
      let text = '';
      incoming.setEncoding('utf8');
      incoming.on('data', (part: string) => {
        text += part;
      });
      incoming.once('error', reject);
      incoming.once('end', () => {
        const headers = Object.entries(incoming.headers).map(
          ([name, value]) => [name, String(value)] as [string, string],
        );
        resolve(new Response(text, { status: incoming.statusCode ?? 0, headers }));
      });
    });
    outgoing.once('error', reject);
    outgoing.end(body);
  });
