import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { instancePath, type Sold } from '../support/broker-driver.js';
import type { BrokerProcess } from '../support/broker-process.js';
import { eventually } from '../support/eventually.js';
import { StubProcesses } from '../support/stub-processes.js';
import { type CollectedSpan, TraceCollector } from '../support/trace-collector.js';

/* From a request through the queue into each step, of processes of their own, to a collector of OpenTelemetry's protocol. */

const asked = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const secret = 'canary-of-a-parameter';

let collector: TraceCollector;
let processes: StubProcesses;
let api: BrokerProcess;
let sold: Sold;
beforeAll(async () => {
  collector = await TraceCollector.start();
  processes = new StubProcesses();
  api = await processes.start({ HOLDFAST_ROLE: 'api', ...collector.environment });
  await processes.start({ HOLDFAST_ROLE: 'worker', ...collector.environment });
  sold = await processes.driver(api).sold('stub', 'small');
});
afterAll(async () => {
  await processes.end();
  collector.stop();
});

async function put(id: string, headers: Record<string, string> = {}): Promise<void> {
  const { user, password } = processes.platform;
  const body = { ...sold, organization_guid: 'o', space_guid: 's', parameters: { colour: secret } };
  const { status } = await fetch(`${api.url}${instancePath(id)}?accepts_incomplete=true`, {
    method: 'PUT',
    headers: {
      authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
      'x-broker-api-version': '2.17',
      'content-type': 'application/json',
      ...headers,
    },
    body: JSON.stringify(body),
  });
  expect(status).toBe(202);
}

const named = (name: string, traceId: string) =>
  collector.spans.filter((span) => span.name === name && span.traceId === traceId);
const runs = (traceId: string) => named('run provision', traceId);
const isEnded = ({ attributes }: CollectedSpan) => attributes['holdfast.operation.state'] !== undefined;

describe('a provision that a platform traces', () => {
  it('is one trace: the request, the runs of the operation in another process, and each of its steps', async () => {
    await put('traced', { traceparent: `00-${asked.traceId}-${asked.spanId}-01` });
    await eventually(() => runs(asked.traceId).some(isEnded), 20_000);
    await eventually(() => collector.spans.some(({ name }) => name.startsWith('PUT ')));
    const [request] = collector.spans.filter(({ name }) => name.startsWith('PUT '));
    expect(request).toMatchObject({
      role: 'api',
      traceId: asked.traceId,
      parentSpanId: asked.spanId,
      name: 'PUT /v2/service_instances/:instance_id',
      attributes: { 'http.request.method': 'PUT', 'http.response.status_code': 202 },
    });
    const [accepted] = named('accept provision', asked.traceId);
    expect(accepted).toMatchObject({ role: 'api', parentSpanId: request?.spanId });
    const run = runs(asked.traceId).find(isEnded);
    expect(run).toMatchObject({
      role: 'worker',
      parentSpanId: accepted?.spanId,
      attributes: { 'holdfast.operation.kind': 'provision', 'holdfast.operation.state': 'succeeded' },
    });
    const steps = collector.spans.filter(({ traceId, name }) => traceId === asked.traceId && name.startsWith('step '));
    const runIds = runs(asked.traceId).map(({ spanId }) => spanId);
    expect(steps.length).toBeGreaterThan(2);
    for (const step of steps) expect(runIds).toContain(step.parentSpanId);
    expect(steps.every(({ attributes }) => attributes['holdfast.step.outcome'] === 'done')).toBe(true);
  });

  it('tells what a step failed of by its kind, and nothing secret', async () => {
    const traceId = '1af7651916cd43dd8448eb211c80319c';
    await put('stumbles-once', { traceparent: `00-${traceId}-${asked.spanId}-01` });
    await eventually(() => runs(traceId).some(isEnded), 20_000);
    const failed = collector.spans.filter(
      (span) => span.traceId === traceId && span.attributes['error.type'] === 'Error',
    );
    expect(failed.map(({ attributes }) => attributes['holdfast.step.outcome'])).toEqual(['retry']);
    expect(runs(traceId).length).toBeGreaterThan(1);
    for (const word of [secret, processes.platform.password, 'stumbles'])
      expect(collector.received).not.toContain(word);
  });

  it('is named in the log, so that one leads to the other', () => {
    expect(api.log.filter(({ traceId }) => traceId === asked.traceId).length).toBeGreaterThan(0);
  });
});

it('a request that nobody traces yet begins a trace of its own', async () => {
  await put('untraced');
  await eventually(() => collector.spans.filter(({ name }) => name.startsWith('PUT ')).length >= 3, 20_000);
  const request = collector.spans.find(({ name, parentSpanId }) => name.startsWith('PUT ') && !parentSpanId);
  await eventually(() => runs(String(request?.traceId)).some(isEnded), 20_000);
});

it('where no collector is named, nothing is traced', async () => {
  const quiet = await processes.start({ HOLDFAST_ROLE: 'api' });
  const { body } = await processes.driver(quiet).provision('quiet', sold);
  const record = await processes.store.operations.findOne({ _id: String(body.operation) });
  expect(record).not.toBeNull();
  expect(record?.trace).toBeUndefined();
  expect(quiet.log.filter((line) => 'traceId' in line)).toEqual([]);
});
