/** Redis behind the Upstash protocol in a process of its own: Vitest's main process is busy with the tests' sources. */
import { startRedis } from '../../lib/dev-redis/open.mjs';

const redis = await startRedis({ log: () => {} });
process.once('disconnect', () => void redis.close().finally(() => process.exit()));
process.send?.({ url: redis.url, token: redis.token, server: redis.server });
