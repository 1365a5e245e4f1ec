import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BrokerDriver } from '../../support/broker-driver.js';
import { BrokerPlace } from '../../support/broker-place.js';
import { mix } from '../../support/recovery-size.js';
import { refusedQuickly, soonMilliseconds } from '../../support/refused-quickly.js';
import { SmallDisk } from '../../support/small-disk.js';
import { startInTurn } from '../../support/start-in-turn.js';
import { StoreProcess } from '../../support/store-process.js';
import { Workload } from '../../support/workload.js';

/** Three journal files of 100 MiB, which mongod reserves at once, and some room for data. */
const mebibytes = 400;

export function fullDisk(): void {
  let disk: SmallDisk;
  let store: StoreProcess;
  let place: BrokerPlace;
  let driver: BrokerDriver;
  let workload: Workload;

  beforeAll(async () => {
    disk = SmallDisk.mount(mebibytes);
    // It is noticed with the next checkpoint: here every second, and not every minute.
    store = await StoreProcess.start(disk.folder, ['--syncdelay', '1']);
    place = await BrokerPlace.open({ storeUrl: store.url }, { HOLDFAST_SYNCHRONOUS_SECONDS: '0' });
    driver = place.driver(await startInTurn(place));
    workload = new Workload(place, driver);
    await workload.prepare(mix);
  });
  afterAll(async () => {
    try {
      // Where the test failed in the middle.
      disk?.free();
      if (store?.hasEnded) await store.restart();
      await place?.close();
    } finally {
      await store?.remove();
      disk?.remove();
    }
  });

  it.sequential('has requests get 503, quickly, and operations end well once there is room', async () => {
    const operations = await workload.begin(mix);
    expect(await workload.running(operations)).toBeGreaterThan(0);
    disk.fill();
    await untilRefused(driver);
    await refusedQuickly(driver, { seconds: 3 });
    // It has ended itself: that is what mongod does where it cannot write.
    expect(store.hasEnded).toBe(true);
    disk.free();
    await store.restart();
    await workload.end(operations);
    await workload.isAsAsked();
    await workload.removeAll();
  });
}

/** As long as there are answers they are ordinary ones; then the request is refused for now. */
async function untilRefused(driver: BrokerDriver): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (let round = 0; Date.now() < deadline; round++) {
    const began = performance.now();
    const { status, headers } = await driver.lastOperation(`unknown ${round}`);
    expect(performance.now() - began).toBeLessThan(soonMilliseconds);
    if (status !== 404) {
      expect({ status, retryAfter: headers.get('retry-after') }).toEqual({ status: 503, retryAfter: '5' });
      return;
    }
    await sleep(20);
  }
  throw new Error('mongod goes on with a full disk');
}
