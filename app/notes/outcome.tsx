import type { Failure } from './api';

/** What became of a request. Always there, so that a screen reader follows it and the page does not move. */
export function Outcome({ text, failure, onAgain }: OutcomeProps) {
  return (
    <div className="outcome">
      <p role="status">{failure ? '' : text}</p>
      <p role="alert">
        {failure?.text} {failure?.signIn && <a href={failure.signIn.href}>{failure.signIn.label}</a>}
      </p>
      {failure?.again && onAgain && (
        <button className="button plain small" type="button" onClick={onAgain}>
          Try again
        </button>
      )}
    </div>
  );
}

interface OutcomeProps {
  readonly text: string;
  readonly failure?: Failure | undefined;
  readonly onAgain?: (() => void) | undefined;
}
