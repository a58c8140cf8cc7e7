import { createServer } from 'node:http';

/** An API in a process of its own, which answers 1 KB of JSON: its work is none of the site's. */
const body = JSON.stringify({ items: 'x'.repeat(1_012) });
const server = createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
  response.end(body);
});
server.listen(Number(process.argv[2]), '127.0.0.1', () => process.send?.('listening'));
