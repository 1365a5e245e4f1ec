import { prepareChart } from '../../../local/chart.js';
import { foldersOf } from '../../../local/folders.js';

/** Gives the embedded cluster what the chart needs there; a cluster of somebody else keeps what it has. */
export default async function setup(): Promise<void> {
  if (!process.env.TEST_CLUSTER_DNS) return;
  await prepareChart(foldersOf(process.env), process.env, (line) => void process.stderr.write(`${line}\n`));
  process.env.TEST_CHART = 'prepared';
}
