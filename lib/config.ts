export { supportGate } from './next/node-server.mjs';
export { withGatehouse } from './next/with-gatehouse.mjs';
