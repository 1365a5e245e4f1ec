import type { Explained, Model } from './linearizability.js';

/**
 * The API as a sequential machine, for one instance id and its bindings: what each request is answered in each state.
 * Written from the specification and the design, not from the code, which reads and writes in several instants.
 */

export type Verb = 'provision' | 'update' | 'deprovision' | 'bind' | 'unbind';

export type Change =
  | { readonly kind: 'provision' | 'update'; readonly colour: string }
  | { readonly kind: 'deprovision' }
  | { readonly kind: 'bind'; readonly binding: string; readonly role: string }
  | { readonly kind: 'unbind'; readonly binding: string };

export type Request =
  | Change
  | { readonly kind: 'fetch' | 'last operation' }
  | { readonly kind: 'fetch binding' | 'last operation of binding'; readonly binding: string };

export interface Answer {
  readonly status: number;
  readonly operation?: string;
  readonly state?: string;
  readonly colour?: string;
  readonly role?: string;
  /** Others were in its way for too long, so it changed nothing. */
  readonly gaveUp?: boolean;
}

export type What =
  | {
      readonly request: Request;
      readonly answer: Answer;
      /** The operation that the request became, as the audit tells. */
      readonly became?: string;
    }
  /** Of an operation, by itself: no request does it. */
  | { readonly end: string; readonly as: 'succeeded' | 'failed' }
  /** What the store holds when all is quiet. */
  | { readonly store: Stored };

/** Phases of what lives. */
export interface Stored {
  readonly instance: string | null;
  readonly bindings: Readonly<Record<string, string>>;
}

interface Operation {
  readonly verb: Verb;
  readonly binding?: string;
  readonly state: 'running' | 'succeeded' | 'failed' | 'superseded';
}

interface Instance {
  readonly phase: 'creating' | 'ready' | 'updating' | 'deleting' | 'failed';
  readonly colour: string;
  readonly pending?: string;
  /** An update failed: the next one has work to do, whatever it asks for. */
  readonly unsettled: boolean;
}

interface Binding {
  readonly phase: 'creating' | 'ready' | 'deleting' | 'failed' | 'deleted';
  readonly role: string;
  readonly operation: string;
}

export interface ApiState {
  readonly instance: Instance | null;
  /** Of the instance that is, or else of the last one that was. */
  readonly lastOperation: string | null;
  readonly bindings: Readonly<Record<string, Binding>>;
  readonly operations: Readonly<Record<string, Operation>>;
}

type Decision =
  | { readonly becomes: (operation: string) => ApiState }
  | { readonly runsAs: string }
  | 'unchanged'
  | { readonly refused: number };

export const apiModel: Model<ApiState, What> = {
  initial: { instance: null, lastOperation: null, bindings: {}, operations: {} },
  explain(state, what, left) {
    if ('end' in what) return ended(state, what.end, what.as);
    if ('store' in what) return holds(state, what.store) ? [{ state }] : [];
    const { request, answer, became } = what;
    if (left !== undefined) return secondInstant(state, request, answer, left) ? [{ state }] : [];
    switch (request.kind) {
      case 'fetch':
      case 'fetch binding':
        return became === undefined && isFetched(state, request, answer) ? [{ state }] : [];
      case 'last operation':
      case 'last operation of binding':
        return lastOperation(state, request, answer);
      default:
        return changed(state, request, answer, became);
    }
  },
};

function changed(
  state: ApiState,
  request: Change,
  answer: Answer,
  became: string | undefined,
): readonly Explained<ApiState>[] {
  if (answer.gaveUp) return became === undefined ? [{ state }] : [];
  const decision = decide(state, request);
  if (decision !== 'unchanged' && 'becomes' in decision) {
    return became === undefined ? [] : answered(decision.becomes(became), became, request, answer);
  }
  if (became !== undefined) return [];
  if (decision === 'unchanged') {
    return request.kind === 'bind' ? [{ state, left: 'fetch' }] : answer.status === 200 ? [{ state }] : [];
  }
  if ('refused' in decision) return answer.status === decision.refused ? [{ state }] : [];
  return answered(state, decision.runsAs, request, answer);
}

/** Either it goes on in the background, or the request has waited for its end, and looks at what came of it. */
function answered(
  state: ApiState,
  operation: string,
  { kind }: Request,
  answer: Answer,
): readonly Explained<ApiState>[] {
  if (answer.status === 202) return answer.operation === operation ? [{ state }] : [];
  return kind === 'bind' || kind === 'unbind' ? [{ state, left: `end of ${operation}` }] : [];
}

function secondInstant(state: ApiState, request: Request, answer: Answer, left: string): boolean {
  if (request.kind === 'last operation') return answer.status === 200 && answer.state === told(state, left, true);
  if (request.kind === 'last operation of binding') {
    const [operation = '', life] = left.split('/');
    return answer.status === 200 && answer.state === told(state, operation, life === 'living');
  }
  const waitedFor = /^end of (.*)$/.exec(left)?.[1];
  if (waitedFor !== undefined && state.operations[waitedFor]?.state !== 'succeeded') return false;
  if (request.kind === 'unbind') return answer.status === 200;
  if (request.kind !== 'bind') return false;
  // The one who bound finds it gone where somebody was quick to delete it.
  const isThere = state.bindings[request.binding]?.phase === 'ready';
  return answer.status === (isThere ? (waitedFor === undefined ? 200 : 201) : 404);
}

function told({ operations }: ApiState, operation: string, isLiving: boolean): string | undefined {
  const state = operations[operation]?.state;
  if (state === 'running') return 'in progress';
  if (state === 'superseded') return isLiving ? 'failed' : 'succeeded';
  return state;
}

function isFetched(state: ApiState, request: Request, { status, colour, role }: Answer): boolean {
  if (request.kind === 'fetch binding') {
    const binding = state.bindings[request.binding];
    return binding?.phase === 'ready' ? status === 200 && role === binding.role : status === 404;
  }
  const { instance } = state;
  if (!instance || instance.phase === 'creating') return status === 404;
  if (instance.phase === 'updating' || instance.phase === 'deleting') return status === 422;
  return status === 200 && colour === instance.colour;
}

function lastOperation(state: ApiState, request: Request, { status }: Answer): readonly Explained<ApiState>[] {
  if (request.kind === 'last operation') {
    if (state.lastOperation !== null) return [{ state, left: state.lastOperation }];
    return status === 404 ? [{ state }] : [];
  }
  const binding = 'binding' in request ? state.bindings[request.binding] : undefined;
  if (!binding) return status === 404 ? [{ state }] : [];
  return [{ state, left: `${binding.operation}/${binding.phase === 'deleted' ? 'deleted' : 'living'}` }];
}

function decide(state: ApiState, request: Change): Decision {
  switch (request.kind) {
    case 'provision':
      return decideProvision(state, request.colour);
    case 'update':
      return decideUpdate(state, request.colour);
    case 'deprovision':
      return decideDeprovision(state);
    case 'bind':
      return decideBind(state, request.binding, request.role);
    case 'unbind':
      return decideUnbind(state, request.binding);
  }
}

function decideProvision(state: ApiState, colour: string): Decision {
  const { instance, lastOperation } = state;
  if (!instance) {
    const made = { phase: 'creating', colour, unsettled: false } as const;
    return { becomes: (operation) => begun(state, operation, 'provision', { instance: made }) };
  }
  if (instance.phase === 'deleting') return { refused: 422 };
  if (instance.colour !== colour || instance.phase === 'failed') return { refused: 409 };
  return instance.phase === 'creating' ? { runsAs: lastOperation ?? '' } : 'unchanged';
}

function decideUpdate(state: ApiState, colour: string): Decision {
  const { instance, lastOperation } = state;
  if (!instance) return { refused: 404 };
  if (instance.phase === 'updating' && instance.pending === colour) return { runsAs: lastOperation ?? '' };
  if (instance.phase !== 'ready') return { refused: 422 };
  if (instance.colour === colour && !instance.unsettled) return 'unchanged';
  const updating = { ...instance, phase: 'updating', pending: colour } as const;
  return { becomes: (operation) => begun(state, operation, 'update', { instance: updating }) };
}

function decideDeprovision(state: ApiState): Decision {
  const { instance, lastOperation } = state;
  if (!instance) return { refused: 410 };
  if (instance.phase === 'updating') return { refused: 422 };
  if (instance.phase === 'deleting') return { runsAs: lastOperation ?? '' };
  // What runs on the instance and on its bindings gives way.
  const bindings = mapValues(state.bindings, (binding) =>
    binding.phase === 'creating' || binding.phase === 'deleting' ? { ...binding, phase: 'failed' as const } : binding,
  );
  const operations = mapValues(state.operations, superseded);
  const deleting = { ...instance, phase: 'deleting' } as const;
  return {
    becomes: (operation) => begun({ ...state, operations }, operation, 'deprovision', { instance: deleting, bindings }),
  };
}

function decideBind(state: ApiState, id: string, role: string): Decision {
  const { instance, bindings } = state;
  if (!instance) return { refused: 404 };
  const existing = bindings[id];
  if (existing && existing.phase !== 'deleted') {
    if (existing.phase === 'deleting') return { refused: 422 };
    if (existing.role !== role || existing.phase === 'failed') return { refused: 409 };
    return existing.phase === 'creating' ? { runsAs: existing.operation } : 'unchanged';
  }
  if (instance.phase !== 'ready') return { refused: 422 };
  return {
    becomes: (operation) => begunOnBinding(state, operation, 'bind', id, { phase: 'creating', role, operation }),
  };
}

function decideUnbind(state: ApiState, id: string): Decision {
  const existing = state.bindings[id];
  if (!state.instance || !existing || existing.phase === 'deleted') return { refused: 410 };
  if (state.instance.phase === 'deleting') return { refused: 422 };
  if (existing.phase === 'deleting') return { runsAs: existing.operation };
  const gaveWay = mapValues(state.operations, (each) => (each.binding === id ? superseded(each) : each));
  const without = { ...state, operations: gaveWay };
  return {
    becomes: (operation) =>
      begunOnBinding(without, operation, 'unbind', id, { ...existing, phase: 'deleting', operation }),
  };
}

function begun(state: ApiState, operation: string, verb: Verb, change: Partial<ApiState>): ApiState {
  const operations = { ...state.operations, [operation]: { verb, state: 'running' as const } };
  return { ...state, ...change, operations, lastOperation: operation };
}

function begunOnBinding(state: ApiState, operation: string, verb: Verb, binding: string, to: Binding): ApiState {
  const operations = { ...state.operations, [operation]: { verb, binding, state: 'running' as const } };
  return { ...state, operations, bindings: { ...state.bindings, [binding]: to } };
}

function ended(state: ApiState, id: string, as: 'succeeded' | 'failed'): readonly Explained<ApiState>[] {
  const operation = state.operations[id];
  if (operation?.state !== 'running') return [];
  const after = { ...state, operations: { ...state.operations, [id]: { ...operation, state: as } } };
  const { binding } = operation;
  if (binding === undefined) return [{ state: { ...after, ...instanceAfter(state, operation.verb, as) } }];
  const was = state.bindings[binding];
  if (!was) return [];
  const phase = as === 'failed' ? 'failed' : operation.verb === 'bind' ? 'ready' : 'deleted';
  return [{ state: { ...after, bindings: { ...state.bindings, [binding]: { ...was, phase } } } }];
}

function instanceAfter(
  { instance, bindings }: ApiState,
  verb: Verb,
  as: 'succeeded' | 'failed',
): Partial<Pick<ApiState, 'instance' | 'bindings'>> {
  if (!instance) return {};
  const { pending, ...rest } = instance;
  if (verb === 'update') {
    const colour = as === 'succeeded' ? (pending ?? rest.colour) : rest.colour;
    return { instance: { phase: 'ready', colour, unsettled: as === 'failed' } };
  }
  if (as === 'failed') return { instance: { ...rest, phase: 'failed' } };
  if (verb === 'provision') return { instance: { ...rest, phase: 'ready' } };
  return { instance: null, bindings: mapValues(bindings, (binding) => ({ ...binding, phase: 'deleted' as const })) };
}

function holds({ instance, bindings, operations }: ApiState, stored: Stored): boolean {
  const living = Object.entries(bindings).filter(([, { phase }]) => phase !== 'deleted');
  return (
    Object.values(operations).every(({ state }) => state !== 'running') &&
    stored.instance === (instance?.phase ?? null) &&
    Object.keys(stored.bindings).length === living.length &&
    living.every(([id, { phase }]) => stored.bindings[id] === phase)
  );
}

const superseded = (operation: Operation): Operation =>
  operation.state === 'running' ? { ...operation, state: 'superseded' } : operation;

const mapValues = <Value>(record: Readonly<Record<string, Value>>, change: (value: Value) => Value) =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
