/**
 * What went wrong in a step, by who must act. Any other error is "the weather": it is retried with backoff
 * until the operation's deadline.
 */

/** The platform's user must act: told in their words, and final. */
export class UserError extends Error {
  override readonly name = 'UserError';
}

/** Holdfast's operator must act: logged whole, and final; the user gets `message` and the operation's id. */
export class OperatorError extends Error {
  override readonly name = 'OperatorError';
  /**
   * @param message a short reason that the user may read
   * @param detail what the operator needs to know besides; never a secret
   */
  constructor(
    message: string,
    readonly detail?: unknown,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
