'use client';

import { useEffect, useRef, useState } from 'react';
import { API, type Failure, UNREACHABLE } from './api';
import { Outcome } from './outcome';

interface Tick {
  readonly number: number;
  readonly at: string;
}

type State = 'stopped' | 'connecting' | 'live';

const SHOWN = 5;
const SAID = {
  stopped: 'Not connected. Events appear here, one each second.',
  connecting: 'Connecting …',
  live: 'Connected.',
};

export function Live() {
  const [state, setState] = useState<State>('stopped');
  const [isPaused, setPaused] = useState(false);
  const [ticks, setTicks] = useState<readonly Tick[]>([]);
  const [held, setHeld] = useState<readonly Tick[]>();
  const [failure, setFailure] = useState<Failure>();
  const source = useRef<EventSource>(null);

  const stop = () => {
    source.current?.close();
    setState('stopped');
    resume();
  };
  const resume = () => {
    setPaused(false);
    setHeld(undefined);
  };
  const start = () => {
    const events = new EventSource(`${API}/events`);
    source.current = events;
    setTicks([]);
    setFailure(undefined);
    setState('connecting');
    events.onopen = () => setState('live');
    events.onmessage = ({ data }) => setTicks((before) => [...before, JSON.parse(data)].slice(-SHOWN));
    events.onerror = async () => {
      // A connection that broke is made anew by the browser itself, and goes on after the last event.
      if (events.readyState !== EventSource.CLOSED) return setState('connecting');
      stop();
      setFailure(await reasonOf());
    };
  };
  useEffect(() => () => source.current?.close(), []);

  const shown = held ?? ticks;
  const newer = (ticks.at(-1)?.number ?? 0) - (shown.at(-1)?.number ?? 0);
  return (
    <section className="card" aria-labelledby="live">
      <h2 id="live">Live events</h2>
      <div className="ways">
        <button className="button" type="button" onClick={state === 'stopped' ? start : stop}>
          {state === 'stopped' ? 'Start' : 'Stop'}
        </button>
        <button
          className="button plain"
          type="button"
          disabled={state === 'stopped'}
          onClick={() => {
            if (isPaused) return resume();
            setPaused(true);
            setHeld(ticks);
          }}
        >
          {isPaused ? 'Resume' : 'Pause'}
        </button>
        <span className="quiet">{isPaused && newer > 0 ? `${newer} more` : ''}</span>
      </div>
      <Outcome text={isPaused ? 'Paused. The events go on.' : SAID[state]} failure={failure} />
      <ol className="ticks" aria-label="Latest events">
        {shown.map(({ number, at }) => (
          <li key={number}>
            Event {number} <time dateTime={at}>{at.slice(11, 23)} UTC</time>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** An `EventSource` does not say why it was refused. */
async function reasonOf(): Promise<Failure> {
  const answer = await fetch('/auth/session').catch(() => undefined);
  const { user } = answer?.ok ? await answer.json() : { user: undefined };
  if (user !== null) return UNREACHABLE;
  return { text: 'You are signed out.', signIn: { href: '/auth/login?returnTo=/notes', label: 'Sign in again' } };
}
