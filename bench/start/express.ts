import type { AddressInfo } from 'node:net';
import express from 'express';

/* What any Node server needs to start: Express that listens, and says where. */

const server = express()
  .get('/health/ready', (_request, response) => void response.json({ status: 'ok' }))
  .listen(0, '127.0.0.1', () => {
    process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
  });
