/** What a command could not do, as one sentence for the terminal: the command ends with it, and without a stack. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  /** 1 = the site or its build is not as the command needs it; 2 = the command line is wrong. */
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}
