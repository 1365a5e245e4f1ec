import { EventEmitter } from 'node:events';

/** Operations that this process ends, for those in it who wait for that; what another process ends they find by looking. */
export class Endings {
  readonly #emitter = new EventEmitter().setMaxListeners(0);

  tell(operation: string): void {
    this.#emitter.emit(operation);
  }

  /** @returns how to listen no more */
  listen(operation: string, onEnd: () => void): () => void {
    this.#emitter.on(operation, onEnd);
    return () => this.#emitter.off(operation, onEnd);
  }
}
