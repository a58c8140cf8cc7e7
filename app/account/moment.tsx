const absolute = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' });
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const;

/**
 * A point in time for people and for machines, from its ISO 8601 text. Rendered on the server, so the zone is stated and
 * not the reader's.
 *
 * @param now milliseconds since the epoch
 */
export function Moment({ at, now }: { at: string; now: number }) {
  const date = new Date(at);
  const away = (date.getTime() - now) / 1000;
  const [unit, seconds] = UNITS.find(([, length]) => Math.abs(away) >= length) ?? (['second', 1] as const);
  return (
    <>
      <time dateTime={date.toISOString()}>{absolute.format(date)}</time>{' '}
      <span className="together">({relative.format(Math.round(away / seconds), unit)})</span>
    </>
  );
}
