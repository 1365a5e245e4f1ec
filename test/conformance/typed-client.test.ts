import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BrokerProcess } from '../support/broker-process.js';
import { compiledClient } from '../support/compiled.js';
import { StubProcesses } from '../support/stub-processes.js';

/* The example of the typed client (clients/typescript) as its users run it, against a broker process. */

let processes: StubProcesses;
let broker: BrokerProcess;
beforeAll(async () => {
  processes = new StubProcesses();
  broker = await processes.start();
});
afterAll(() => processes.end());

async function runExample(password: string, ...names: readonly string[]) {
  const { PATH } = process.env;
  const environment = {
    PATH,
    HOLDFAST_URL: broker.url,
    HOLDFAST_USER: processes.platform.user,
    HOLDFAST_PASSWORD: password,
  };
  const child = spawn(process.execPath, [compiledClient('example'), ...names], { env: environment, stdio: 'pipe' });
  const [output, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code, output, errors };
}

test('gets an instance and credentials for it', async () => {
  const { code, output, errors } = await runExample(processes.platform.password, 'stub', 'small', 'of-a-client', 'app');
  expect(errors).toBe('');
  expect(code).toBe(0);
  expect(JSON.parse(output)).toMatchObject({ password: expect.any(String) });
});

test('tells what the broker refuses', async () => {
  const { code, errors } = await runExample('wrong', 'stub', 'small', 'of-nobody', 'app');
  expect(code).toBe(1);
  expect(errors).toContain('the broker answered 401');
});
