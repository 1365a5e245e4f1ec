import { writeFile } from 'node:fs/promises';
import 'reflect-metadata';
import { openApiDocument } from './openapi.js';

await writeFile('openapi/openapi.json', `${JSON.stringify(await openApiDocument(), null, 2)}\n`);
