import { StartError } from '../start-error.js';

/** What is wrong with a catalog file, one line each: `file:line: reason`. */
export class CatalogError extends StartError {
  override readonly name = 'CatalogError';
}
