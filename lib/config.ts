export { supportGate } from './next/node-server.ts';
export { type WithGatehouseOptions, withGatehouse } from './next/with-gatehouse.ts';
