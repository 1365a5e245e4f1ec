import { type Channel, channel } from 'node:diagnostics_channel';

/** What happens in this process and is measured, by its name. Nothing of it is secret, and every text has few values. */
export interface Events {
  operationEnded: OfOperation & { readonly state: string; readonly seconds: number };
  stepRan: OfStep & { readonly outcome: 'done' | 'wait' | 'retry' | 'failed' };
  /** Since it could begin, its waits included. */
  stepDone: OfStep & { readonly seconds: number };
  leaseLost: OfOperation & { readonly reason: 'expired' | 'taken' };
  taskRan: { readonly task: string; readonly seconds: number; readonly found: number };
  taskFailed: { readonly task: string };
  instancesCounted: { readonly counts: readonly InstanceCount[]; readonly validSeconds: number };
  auditDeviation: { readonly deviation: 'cut' | 'changed' };
  storeAnswered: { readonly command: string; readonly outcome: 'succeeded' | 'failed'; readonly seconds: number };
}

interface OfOperation {
  readonly service: string;
  readonly kind: string;
}

interface OfStep extends OfOperation {
  readonly step: string;
}

export interface InstanceCount {
  readonly service: string;
  readonly plan: string;
  readonly phase: string;
  readonly count: number;
}

const channels = new Map<string, Channel>();

function channelOf(name: keyof Events): Channel {
  const known = channels.get(name) ?? channel(`holdfast:${name}`);
  channels.set(name, known);
  return known;
}

/** Costs next to nothing while nobody listens. */
export function tell<Name extends keyof Events>(name: Name, event: Events[Name]): void {
  channelOf(name).publish(event);
}

/** @returns what ends the listening */
export function listen<Name extends keyof Events>(name: Name, hear: (event: Events[Name]) => void): () => void {
  const listener = (event: unknown) => hear(event as Events[Name]);
  const from = channelOf(name);
  from.subscribe(listener);
  return () => void from.unsubscribe(listener);
}
