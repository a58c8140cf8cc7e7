'use client';

import { type FormEvent, useRef, useState } from 'react';
import { API, type Failure, failureOf, UNREACHABLE } from './api';
import { Outcome } from './outcome';

/** What the gate lets through unless `withGatehouse` says otherwise. */
const MAX_BYTES = 10 * 1024 * 1024;

const number = new Intl.NumberFormat('en');

export function Upload() {
  const [sent, setSent] = useState<number>(); // of 1, while an upload is under way
  const [said, setSaid] = useState('');
  const [failure, setFailure] = useState<Failure>();
  const request = useRef<XMLHttpRequest>(null);

  const end = (text: string, failed?: Failure) => {
    setSent(undefined);
    setSaid(text);
    setFailure(failed);
  };
  const upload = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (sent !== undefined) return request.current?.abort();
    const file = new FormData(event.currentTarget).get('file');
    if (!(file instanceof File)) return;
    if (file.size > MAX_BYTES) return end('', { text: 'That is too large: up to 10 MB can be sent.' });
    end('Sending the file.');
    setSent(0);
    request.current = send(file, setSent, end);
  };

  return (
    <section className="card" aria-labelledby="upload">
      <h2 id="upload">An upload</h2>
      <form className="entry" onSubmit={upload}>
        <label htmlFor="file">File, up to 10 MB</label>
        <input id="file" name="file" type="file" required />
        {/* One button: another in its place would lose the focus, or be pressed by the same click. */}
        <button className={sent === undefined ? 'button' : 'button plain'} type="submit">
          {sent === undefined ? 'Send' : 'Cancel'}
        </button>
      </form>
      <progress aria-label="Progress of the upload" max={1} value={sent ?? 0} />
      <Outcome text={said} failure={failure} />
    </section>
  );
}

/** `fetch` does not say how much of a body is sent. */
function send(file: File, onProgress: (part: number) => void, onEnd: (text: string, failure?: Failure) => void) {
  const request = new XMLHttpRequest();
  request.upload.onprogress = ({ loaded, total }) => onProgress(loaded / total);
  request.onload = () => {
    const { status, responseText } = request;
    if (status !== 201) return onEnd('', failureOf(status, responseText));
    onEnd(`The API has counted ${number.format(JSON.parse(responseText).bytes)} bytes.`);
  };
  request.onerror = () => onEnd('', UNREACHABLE);
  request.onabort = () => onEnd('The upload is cancelled.');
  request.open('POST', `${API}/uploads`);
  request.setRequestHeader('Content-Type', file.type || 'application/octet-stream');
  request.send(file);
  return request;
}
