import { afterEach, describe, expect, it } from 'vitest';
import { onSideEffects, outsideEffect, sideEffect, withPermission } from '../../src/side-effects.js';

const told: string[] = [];
let stop = () => {};
const listen = () => {
  stop = onSideEffects(
    ({ title }) => void told.push(`${title} begins`),
    ({ title }, error) => void told.push(`${title} ${error ? 'failed' : 'is done'}`),
  );
};
const effect = (title: string) => async () => {
  told.push(title);
  return 'result';
};
const no = () => {
  throw new Error('not any more');
};

afterEach(() => {
  stop();
  told.length = 0;
});

describe('a side effect', () => {
  it('just happens while nobody listens', async () => {
    expect(await sideEffect('write', effect('writing'))).toBe('result');
    expect(told).toEqual(['writing']);
  });

  it('is told of before it begins, and when it is done', async () => {
    listen();
    expect(await sideEffect('write', effect('writing'))).toBe('result');
    expect(told).toEqual(['write begins', 'writing', 'write is done']);
  });

  it('that fails is told of as such, and its error is its caller’s', async () => {
    listen();
    await expect(sideEffect('write', async () => no())).rejects.toThrow('not any more');
    expect(told.at(-1)).toBe('write failed');
  });
});

describe('an outside effect', () => {
  it('happens where nobody has to permit it, and where it is permitted', async () => {
    await outsideEffect('apply', effect('applying'));
    await withPermission(
      () => {},
      () => outsideEffect('apply', effect('applying')),
    );
    expect(told).toEqual(['applying', 'applying']);
  });

  it('asks at the last moment, and does not happen where it is not permitted', async () => {
    listen();
    let permitted = true;
    const work = withPermission(
      () => permitted || no(),
      async () => {
        await outsideEffect('first', effect('first'));
        permitted = false;
        await outsideEffect('second', effect('second'));
      },
    );
    await expect(work).rejects.toThrow('not any more');
    expect(told).toEqual(['first begins', 'first', 'first is done', 'second begins', 'second failed']);
  });

  it('needs no permission where only the store decides', async () => {
    await withPermission(no, () => sideEffect('record', effect('recording')));
    expect(told).toEqual(['recording']);
  });
});
