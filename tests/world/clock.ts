/**
 * Gives a realm a clock that can be set ahead. Self-contained, because the strict VM gets it as text.
 *
 * @returns the function that sets how many milliseconds the clock is ahead
 */
export function installClock(realm: { Date: DateConstructor }): (milliseconds: number) => void {
  const Real = realm.Date;
  let ahead = 0;
  const now = () => Real.now() + ahead;
  realm.Date = new Proxy(Real, {
    construct: (target, args, as) => Reflect.construct(target, args.length > 0 ? args : [now()], as),
    get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
  });
  return (milliseconds) => {
    ahead = milliseconds;
  };
}
