import { type DeviceSession, listSessions } from 'next-gatehouse/server';
import { Moment } from './moment';

/** Where the person is signed in. Plain forms: they work without script, and the gate leads back to this page. */
export async function Devices({ now }: { now: number }) {
  const devices = await listSessions().catch(whileRedisIsDown);
  if (devices === null) return <p>They cannot be shown right now. Nothing is lost; try again in a moment.</p>;
  return (
    <>
      <ul className="devices">
        {devices.map((device) => (
          <Device key={device.id} device={device} now={now} />
        ))}
      </ul>
      {devices.some(({ current }) => !current) && (
        <form className="ways" method="post" action="/auth/sessions">
          <button className="button" type="submit" name="others" value="1">
            Sign out everywhere else
          </button>
        </form>
      )}
    </>
  );
}

function Device({ device: { id, current, createdAt, lastSeenAt, browser, platform }, now }: DeviceProps) {
  const name = `${browser ?? 'Unknown browser'}${platform ? ` on ${platform}` : ''}`;
  return (
    <li>
      <div>
        <h3 id={`device-${id}`}>
          {name} {current && <span className="tag">This device</span>}
        </h3>
        <p className="quiet" id={`times-${id}`}>
          Signed in <Moment at={createdAt} now={now} />
          <br />
          Last seen <Moment at={lastSeenAt} now={now} />
        </p>
      </div>
      {!current && (
        <form method="post" action="/auth/sessions">
          <input type="hidden" name="id" value={id} />
          <button
            className="button plain"
            type="submit"
            aria-label={`Sign out ${name}`}
            aria-describedby={`times-${id}`}
          >
            Sign out
          </button>
        </form>
      )}
    </li>
  );
}

interface DeviceProps {
  readonly device: DeviceSession;
  readonly now: number;
}

/** The rest of the page needs no Redis. */
function whileRedisIsDown(error: unknown): null {
  if (error instanceof Error && 'code' in error && error.code === 'STORE_UNAVAILABLE') return null;
  throw error;
}
