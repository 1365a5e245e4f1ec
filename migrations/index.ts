import type { Migration } from '../src/store/migrate.js';
import { initial } from './0001-initial.js';
import { bindingExpiry } from './0002-binding-expiry.js';
import { kept } from './0003-kept.js';
import { operators } from './0004-operators.js';
import { rotation } from './0005-rotation.js';
import { scale } from './0006-scale.js';

/** All migrations of the store, in order. One that was released is never changed; a new one is added at the end. */
export const migrations: readonly Migration[] = [initial, bindingExpiry, kept, operators, rotation, scale];
