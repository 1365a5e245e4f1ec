/** What stops the start and a person can mend: told in one line each, without a stack. */
export class StartError extends Error {
  override readonly name: string = 'StartError';
  constructor(readonly lines: readonly string[]) {
    super(lines.join('\n'));
  }
}
