import { setClocks } from '../world/time';

/** A worker runs one file after another in one realm: each begins at the real time. */
setClocks(0);
