import { readFileSync } from 'node:fs';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createInstruments } from '../../src/observability/instruments.js';

/* The dashboard and the alert rules ask for metrics that there are. What the rules say of them, promtool tries (test/run.ts). */

interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string; readonly expr: string }[] }[];
}
interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
}

const folder = 'deploy/helm/holdfast/monitoring';
const { groups }: Rules = parse(readFileSync(`${folder}/alerts.yaml`, 'utf8'));
const { panels }: Dashboard = JSON.parse(readFileSync(`${folder}/dashboard.json`, 'utf8'));
const alerts = groups.flatMap(({ rules }) => rules);

const isMetric = /\b(?:holdfast|process|nodejs)_[a-z0-9_]+/g;
const metricsIn = (expression: string) =>
  (expression.match(isMetric) ?? []).map((name) => name.replace(/_(?:bucket|count|sum)$/, ''));

const registry = new Registry();
collectDefaultMetrics({ register: registry });
createInstruments(registry);
const known = new Set(registry.getMetricsAsArray().map(({ name }) => name));

describe('metrics that are asked for exist', () => {
  it.each(alerts)('by the alert $alert', ({ expr }) => {
    expect(metricsIn(expr).length).toBeGreaterThan(0);
    expect(metricsIn(expr).filter((name) => !known.has(name))).toEqual([]);
  });

  it.each(panels)('by the panel $title', ({ targets }) => {
    const asked = targets.flatMap(({ expr }) => metricsIn(expr));
    expect(asked.length).toBeGreaterThanOrEqual(targets.length);
    expect(asked.filter((name) => !known.has(name))).toEqual([]);
  });
});

/** What Prometheus adds, and what a histogram has. */
const added = ['namespace', 'pod', 'le'];

it('labels that the alerts select by are those of the metrics', () => {
  const labels = new Map(
    registry.getMetricsAsArray().map((metric) => [metric.name, (metric as { labelNames?: string[] }).labelNames ?? []]),
  );
  const selected = alerts.flatMap(({ alert, expr }) =>
    [...expr.matchAll(/(holdfast_[a-z0-9_]+)\{([^}]*)\}/g)].flatMap(([, name = '', selector = '']) =>
      [...selector.matchAll(/([a-z_]+)(?:=|!=)/g)].map(([, label = '']) => ({ alert, name, label })),
    ),
  );
  expect(selected.length).toBeGreaterThan(8);
  const isKnown = ({ name, label }: { name: string; label: string }) =>
    [...added, ...(labels.get(metricsIn(name)[0] ?? '') ?? [])].includes(label);
  expect(selected.filter((each) => !isKnown(each))).toEqual([]);
});

it('each alert is tried by a series that fires it', () => {
  const tried = readFileSync('test/monitoring/alerts.test.yaml', 'utf8');
  const fires = (alert: string) => new RegExp(`alertname(=|: )"?${alert}\\b`).test(tried);
  expect(alerts.map(({ alert }) => alert).filter((alert) => !fires(alert))).toEqual([]);
});

it('each metric of Holdfast is on the dashboard', () => {
  const asked = new Set(panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => metricsIn(expr))));
  expect([...known].filter((name) => name.startsWith('holdfast_') && !asked.has(name))).toEqual([]);
});

it('each alert is in docs/troubleshooting.md', () => {
  const page = readFileSync('docs/troubleshooting.md', 'utf8');
  expect(alerts.map(({ alert }) => alert).filter((alert) => !page.includes(`\`${alert}\``))).toEqual([]);
});
