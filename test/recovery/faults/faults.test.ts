import { setMaxListeners } from 'node:events';
import { beforeAll, describe } from 'vitest';
import { compiledBroker } from '../../support/compiled.js';
import { isFull } from '../../support/recovery-size.js';
import { clocksThatDiffer } from './clock.js';
import { frozenWorkers } from './frozen-worker.js';
import { fullDisk } from './full-disk.js';
import { membersThatNeverRun } from './never-ready.js';
import { partsThatFail } from './parts.js';

// Each process that is started is ended with this one.
setMaxListeners(100, process);

// Before any of them measures time: nothing else runs in this process while the compiler does.
beforeAll(() => void compiledBroker());

// At their full size one after the other: what they do to the machine and to the cluster would disturb the others.
const group = isFull ? describe : describe.concurrent;

group('a part that fails', partsThatFail);
group("a full disk of the store's mongod", fullDisk);
group('a worker that was frozen past its lease', frozenWorkers);
group('a worker whose clock differs', clocksThatDiffer);
group('a member that never runs', membersThatNeverRun);
