import type { Document } from 'mongodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Store } from '../../src/store/store.js';
import { scratch } from '../support/scratch.js';
import { type CallSite, callSites, elsewhere, noteCallSites } from '../support/store-calls.js';
import { profile, profileOf } from '../support/store-profile.js';
import { fillStore, tourEmptyStore, tourStore } from '../support/store-tour.js';
import { StubBroker } from '../support/stub-broker.js';

/*
 * Everything that a broker asks of its store, on a store where whatever looks further than it has to does so hundreds of
 * times. The store itself tells how it went about each command, and from which place of the code that came.
 */

const many = 300;
/** Documents or keys that a command may look at for nothing, besides two for each that it finds or names. */
const mostForNothing = 25;

/** Places that look at more, and why that is right. */
const exceptions: ReadonlyMap<string, string> = new Map([
  ['store/migrate.ts#missing', 'one document a migration'],
  ['store/orphans.repository.ts#note', 'what is there is what the round is about'],
  ['store/figures.repository.ts#count', 'as many are counted, and no more than ten thousand'],
  ['store/figures.repository.ts#countInstances', 'as many are counted, every half a minute'],
  ['store/sealed-fields.ts#count', 'how much a rotation of keys has before it'],
  ['audit/verification.ts#outside', 'a verification looks at all of the audit'],
]);

const environment = {
  HOLDFAST_MAXIMUM_CONCURRENT_PROVISIONS: '2',
  HOLDFAST_SYNCHRONOUS_SECONDS: '0',
};

const empty = scratch();
let stub: StubBroker;
let restore: () => void;
let sites: readonly CallSite[];
let noted: readonly Document[];

beforeAll(async () => {
  sites = callSites();
  restore = noteCallSites();
  const first = await StubBroker.start(environment);
  await fillStore(first, many);
  await profile(first.broker.store);
  await first.stop();
  stub = await StubBroker.start(environment, first);
  await tourStore(stub);
  noted = [...(await profileOf(stub.broker.store)), ...(await onEmptyStore())];
}, 240_000);
afterAll(async () => {
  restore();
  await stub.end();
});

async function onEmptyStore(): Promise<readonly Document[]> {
  const store = Store.open(empty.storeUrl);
  try {
    await profile(store);
    await tourEmptyStore(store);
    return await profileOf(store);
  } finally {
    await store.close();
    await empty.remove();
  }
}

const placeOf = ({ command, originatingCommand }: Document): string | undefined =>
  originatingCommand?.comment ?? command?.comment;
const ofPlace = (place: string) => noted.filter((each) => placeOf(each) === place);

it('every place that looks for documents was seen', () => {
  const seen = new Set(noted.map(placeOf));
  expect(sites.filter(({ place }) => !seen.has(place))).toEqual([]);
});

it('and every command was one of such a place', () => {
  const looks = noted.filter(({ op, command }) => op !== 'insert' && command.killCursors === undefined);
  const unknown = looks.filter((each) => {
    const place = placeOf(each);
    return place !== elsewhere && !sites.some((site) => site.place === place);
  });
  expect(unknown.filter(({ ns }) => !String(ns).endsWith('.$cmd'))).toEqual([]);
});

it('nothing reads a collection, sorts without an index, or looks at much more than it finds', () => {
  const wrong = sites
    .filter(({ within }) => !exceptions.has(within))
    .flatMap(({ place }) => ofPlace(place).map((each) => ({ place, ...deviationOf(each) })))
    .filter(({ why }) => why.length > 0);
  // One of a place tells enough.
  expect([...new Map(wrong.map((each) => [each.place, each])).values()]).toEqual([]);
});

it('exceptions are made for what there is', () => {
  const names = new Set(sites.map(({ within }) => within));
  expect([...exceptions.keys()].filter((name) => !names.has(name))).toEqual([]);
});

function deviationOf(entry: Document) {
  const { command, planSummary = '', keysExamined = 0, docsExamined = 0, nreturned, nMatched, ndeleted } = entry;
  const stages = stagesOf(entry.execStats);
  const asked = JSON.stringify(command.filter ?? command.q ?? command.query ?? command.pipeline ?? command);
  const found = Math.max(nreturned ?? nMatched ?? ndeleted ?? 0, mostNamed(asked));
  const looked = Math.max(keysExamined, docsExamined);
  const why = [
    ...(planSummary.includes('COLLSCAN') && !isFirst(command) ? ['reads the collection'] : []),
    ...(stages.some(({ stage }) => stage === 'SORT') ? ['sorts'] : []),
    ...(looked > 2 * found + mostForNothing ? [`looks at ${looked} for ${found}`] : []),
  ];
  return { why, plan: planSummary, asked: asked.slice(0, 200) };
}

/** As many as the longest list in what is asked for. */
const mostNamed = (asked: string) =>
  Math.max(0, ...[...asked.matchAll(/"\$in":(\[[^\]]*\])/g)].map(([, list = '[]']) => JSON.parse(list).length));

/** Asks for the first document that there is. */
const isFirst = ({ filter, limit }: Document) => limit === 1 && Object.keys(filter ?? {}).length === 0;

function stagesOf(stats: Document | undefined): readonly Document[] {
  if (!stats) return [];
  const { inputStage, inputStages = [], ...stage } = stats;
  return [stage, ...[inputStage, ...inputStages].flatMap(stagesOf)];
}
