import autocannon from 'autocannon';
import { quantile } from 'simple-statistics';
import type { Burst, Load } from './load.js';

/* Sends what it is told to, as a process of its own, so that what it takes is not taken from whoever waits for it. */

process.on('message', (load: Load) => {
  void send(load).then((burst) => process.send?.(burst));
});

/** autocannon looks that often whether it is to stop. */
const sampleMilliseconds = 50;

async function send(load: Load): Promise<Burst | { readonly error: string }> {
  const { url, method, path, headers, body, connections, requests } = load;
  const latencies: number[] = [];
  const unexpected = new Map<number, number>();
  let sent = 0;
  let last = 0;
  const setupRequest = (request: autocannon.Request) => {
    const index = sent++ % path.count;
    request.path = `${path.before}${index}${path.after}`;
    return request;
  };
  const options: autocannon.Options = {
    url,
    connections,
    amount: requests,
    sampleInt: sampleMilliseconds,
    timeout: 30,
    requests: [{ method, headers, ...(body !== undefined && { body }), setupRequest }],
  };
  const began = performance.now();
  const { errors, timeouts } = await new Promise<autocannon.Result>((resolve, reject) => {
    const instance = autocannon(options, (error: unknown, result) => (error ? reject(error) : resolve(result)));
    instance.on('response', (_client, status, _bytes, milliseconds) => {
      last = performance.now();
      latencies.push(milliseconds);
      if (status !== load.expects) unexpected.set(status, (unexpected.get(status) ?? 0) + 1);
    });
  });
  if (unexpected.size > 0 || errors > 0 || latencies.length < requests) {
    const statuses = [...unexpected].map(([status, count]) => `${count} × ${status}`);
    return {
      error: `${method} ${path.before}…${path.after}: ${[...statuses, `${errors} errors`, `${timeouts} timeouts`].join(', ')}`,
    };
  }
  return { perSecond: latencies.length / ((last - began) / 1_000), p99: quantile(latencies, 0.99) };
}
