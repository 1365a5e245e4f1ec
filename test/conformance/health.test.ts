import { expect, test } from 'vitest';
import { HealthChecks } from '../../src/observability/health.js';
import { type Edge, startEdge } from '../support/edge-only.js';

const fine = async () => undefined;
const broken = async () => {
  throw new Error('connection refused');
};
const silent = () => new Promise<void>(() => undefined);

async function withEdge(health: HealthChecks, work: (edge: Edge) => Promise<void>): Promise<void> {
  const edge = await startEdge({ health });
  try {
    await work(edge);
  } finally {
    await edge.close();
  }
}

test('live and ready, asked without credentials', async () => {
  await withEdge(new HealthChecks({ store: fine, redis: fine }), async ({ url }) => {
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    const ready = await fetch(`${url}/health/ready`);
    expect(ready.status).toBe(200);
    expect(await ready.json()).toEqual({ status: 'ok', checks: { store: { status: 'up' }, redis: { status: 'up' } } });
  });
});

test('degraded, with the reason, where only the store answers', async () => {
  await withEdge(new HealthChecks({ store: fine, redis: broken, kubernetes: silent }), async ({ url }) => {
    const began = Date.now();
    const ready = await fetch(`${url}/health/ready`);
    expect(Date.now() - began).toBeLessThan(2000);
    expect(ready.status).toBe(200);
    expect(await ready.json()).toEqual({
      status: 'degraded',
      checks: {
        store: { status: 'up' },
        redis: { status: 'down', reason: 'connection refused' },
        kubernetes: { status: 'down', reason: 'no answer within 1000 ms' },
      },
    });
  });
});

test('503 without the store', async () => {
  await withEdge(new HealthChecks({ store: broken }), async ({ url }) => {
    const ready = await fetch(`${url}/health/ready`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ status: 'down' });
  });
});

test('metrics by route template, the document and its pages', async () => {
  await withEdge(new HealthChecks({ store: fine }), async ({ url, broker }) => {
    await broker.fetchInstance('id-of-mine');
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toMatch(
      /holdfast_http_request_duration_seconds_count\{.*route="\/v2\/service_instances\/:instance_id".*\} 1/,
    );
    expect(metrics).not.toContain('id-of-mine');
    expect((await fetch(`${url}/docs`)).status).toBe(200);
    const document = (await (await fetch(`${url}/docs/openapi.json`)).json()) as { paths: object };
    expect(Object.keys(document.paths)).toContain('/v2/service_instances/{instance_id}');
  });
});
