import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openApiDocument } from '../../../src/osb/openapi.js';

test('openapi/openapi.json is that of the code; after a change, run npm run openapi', async () => {
  const committed: unknown = JSON.parse(readFileSync('openapi/openapi.json', 'utf8'));
  expect(JSON.parse(JSON.stringify(await openApiDocument()))).toEqual(committed);
});
