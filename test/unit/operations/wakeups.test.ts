import { beforeEach, describe, expect, it } from 'vitest';
import { Wakeups } from '../../../src/operations/wakeups.js';

describe('Wakeups', () => {
  let woken: string[];
  let wakeups: Wakeups;
  beforeEach(() => {
    woken = [];
    wakeups = new Wakeups((operation) => woken.push(operation));
  });

  it('wakes who sleeps, and nobody of another topic', () => {
    wakeups.enter('op-a', ['namespace:a']).sleep();
    wakeups.enter('op-b', ['namespace:b']).sleep();
    wakeups.notify('namespace:a');
    expect(woken).toEqual(['op-a']);
  });

  it('keeps a wake-up that comes while the steps run, and gives it once', () => {
    const sleeper = wakeups.enter('op-a', ['namespace:a']);
    wakeups.notify('namespace:a');
    expect(woken).toEqual([]);
    expect(sleeper.takeWakeup()).toBe(true);
    expect(sleeper.takeWakeup()).toBe(false);
  });

  it('wakes at once who falls asleep after a wake-up', () => {
    const sleeper = wakeups.enter('op-a', ['namespace:a']);
    wakeups.notify('namespace:a');
    sleeper.sleep();
    expect(woken).toEqual(['op-a']);
  });

  it('keeps wake-ups again once the operation has been entered again', () => {
    wakeups.enter('op-a', ['namespace:a']).sleep();
    const sleeper = wakeups.enter('op-a', ['namespace:a']);
    wakeups.notify('namespace:a');
    expect(woken).toEqual([]);
    expect(sleeper.takeWakeup()).toBe(true);
  });

  it('wakes once: who was woken has to enter again', () => {
    wakeups.enter('op-a', ['namespace:a']).sleep();
    for (let event = 0; event < 50; event++) wakeups.notify('namespace:a');
    expect(woken).toEqual(['op-a']);
  });

  it('forgets who left', () => {
    wakeups.enter('op-a', ['namespace:a']).sleep();
    wakeups.leave('op-a');
    wakeups.notify('namespace:a');
    wakeups.notifyAll();
    expect(woken).toEqual([]);
  });

  it('wakes all after a gap in the watch', () => {
    wakeups.enter('op-a', ['namespace:a']).sleep();
    wakeups.enter('op-b', ['namespace:b']).sleep();
    wakeups.notifyAll();
    expect(woken).toEqual(['op-a', 'op-b']);
  });
});
