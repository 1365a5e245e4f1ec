import { StartError } from '../start-error.js';

/** What is wrong with a file that a person writes, one line each: `file:line: reason`. */
export class FileError extends StartError {
  override readonly name = 'FileError';
}
