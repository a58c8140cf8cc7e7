import type { LogEvent } from '../events.ts';
import type { RequestContext } from '../types/request.ts';

/** Events that are about what was asked for. */
const OF_A_PATH: readonly LogEvent['event'][] = ['access_refused', 'problem'];

/** An event with the path of its request, which the log of a deployment does not have: a path may say who a person is. */
export const located = (event: LogEvent, { pathname }: Pick<RequestContext, 'pathname'>): LogEvent =>
  OF_A_PATH.includes(event.event) ? { ...event, path: pathname } : event;
