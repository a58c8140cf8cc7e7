'use client';

import { type FormEvent, useCallback, useEffect, useRef, useState } from 'react';
import { ask, type Failure, failureIn } from './api';
import { Outcome } from './outcome';

interface Note {
  readonly id: string;
  readonly text: string;
}

export function Notes() {
  const [notes, setNotes] = useState<readonly Note[]>();
  const [said, setSaid] = useState('');
  const [failure, setFailure] = useState<Failure>();
  const field = useRef<HTMLInputElement>(null);

  const last = useRef<Promise<unknown>>(Promise.resolve());

  /** One change after the other, so that the list is what the API says after the last of them. */
  const change = useCallback((done: string, path?: string, init?: RequestInit): Promise<boolean> => {
    const work = async () => {
      setFailure(undefined);
      try {
        if (path) await ask(path, init);
        const { notes: all } = await (await ask('/notes')).json();
        setNotes(all);
        setSaid(done);
        return true;
      } catch (error) {
        setFailure(failureIn(error));
        return false;
      }
    };
    const mine = last.current.then(work);
    last.current = mine;
    return mine;
  }, []);
  const load = useCallback(() => void change(''), [change]);
  useEffect(load, [load]);

  const add = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const body = JSON.stringify({ text: new FormData(form).get('text') });
    const init = { method: 'POST', body, headers: { 'Content-Type': 'application/json' } };
    if (await change('The note is added.', '/notes', init)) form.reset();
  };
  const remove = async ({ id }: Note) => {
    await change('The note is deleted.', `/notes/${id}`, { method: 'DELETE' });
    field.current?.focus(); // the button that had the focus is gone
  };

  const again = () => {
    load();
    field.current?.focus();
  };

  return (
    <section className="card" aria-labelledby="list">
      <h2 id="list">Your notes</h2>
      <form className="entry" onSubmit={add}>
        <label htmlFor="text">New note</label>
        <input ref={field} id="text" name="text" required maxLength={200} autoComplete="off" />
        <button className="button" type="submit">
          Add
        </button>
      </form>
      <List notes={notes} isLoading={!failure} onRemove={remove} />
      <Outcome text={said} failure={failure} onAgain={again} />
      <div className="ways">
        <button
          className="button plain"
          type="button"
          disabled={!notes?.length}
          onClick={() => change('All notes are deleted.', '/notes', { method: 'DELETE' })}
        >
          Delete all notes
        </button>
        <span className="quiet">The API asks for a second factor.</span>
      </div>
    </section>
  );
}

function List({ notes, isLoading, onRemove }: ListProps) {
  if (!notes?.length)
    return <p className="notes quiet">{notes ? 'There are no notes yet.' : isLoading ? 'Loading your notes …' : ''}</p>;
  return (
    <ul className="notes">
      {notes.map((note) => (
        <li key={note.id}>
          <bdi>{note.text}</bdi>
          <button
            className="button plain small"
            type="button"
            aria-label={`Delete ${note.text}`}
            onClick={() => onRemove(note)}
          >
            Delete
          </button>
        </li>
      ))}
    </ul>
  );
}

interface ListProps {
  readonly notes: readonly Note[] | undefined;
  readonly isLoading: boolean;
  readonly onRemove: (note: Note) => void;
}
