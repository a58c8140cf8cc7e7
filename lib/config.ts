export { supportGate } from './next/node-server.ts';
export { withGatehouse } from './next/with-gatehouse.ts';
