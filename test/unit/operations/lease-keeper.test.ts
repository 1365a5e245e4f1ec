import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLogger } from '../../../src/observability/logger.js';
import { LeaseKeeper } from '../../../src/operations/lease-keeper.js';
import { LeaseLostError, type OperationsRepository } from '../../../src/store/operations.repository.js';

const holding = { operation: 'op', epoch: 1 };
let renew: () => Promise<void>;
const repository = { renew: () => renew() } as unknown as OperationsRepository;
let keeper: LeaseKeeper;
const keep = () => {
  keeper = new LeaseKeeper(repository, holding, 6_000, performance.now(), createLogger('silent'));
};

afterEach(() => {
  keeper.stop();
  vi.useRealTimers();
});

describe('a lease that is renewed', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    renew = async () => {};
    keep();
  });

  it('permits for as long as that lasts', async () => {
    await vi.advanceTimersByTimeAsync(60_000);
    expect(() => keeper.demand()).not.toThrow();
  });

  it('permits nothing once another holds it', async () => {
    renew = async () => {
      throw new LeaseLostError('held by another');
    };
    await vi.advanceTimersByTimeAsync(2_000);
    expect(() => keeper.demand()).toThrow('held by another');
    expect(keeper.signal.aborted).toBe(true);
  });
});

describe('a lease that cannot be renewed', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    renew = async () => {
      throw new Error('the store does not answer');
    };
    keep();
  });

  it('permits until a sixth before its end, and aborts then', async () => {
    await vi.advanceTimersByTimeAsync(4_990);
    expect(() => keeper.demand()).not.toThrow();
    expect(keeper.signal.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(10);
    expect(() => keeper.demand()).toThrow(LeaseLostError);
    expect(keeper.signal.aborted).toBe(true);
  });
});

describe('a process that was frozen beyond its lease', () => {
  it('is permitted nothing, although no timer has run yet', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    renew = async () => {};
    keep();
    vi.advanceTimersByTime(5_000);
    expect(keeper.signal.aborted).toBe(false);
    expect(() => keeper.demand()).toThrow(LeaseLostError);
    expect(keeper.signal.aborted).toBe(true);
  });
});
