import { disconnect } from '../world/network';
import { setClocks } from '../world/time';

/** A worker runs one file after another in one realm: each begins at the real time, and in a world of its own. */
setClocks(0);
disconnect();
