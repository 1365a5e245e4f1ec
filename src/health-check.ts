import http from 'node:http';
import https from 'node:https';

/*
 * What the image's HEALTHCHECK runs beside a broker: ends with 0 where that one answers `/health/live`. It loads nothing
 * of the broker, because it is run every half a minute.
 */
const { HOLDFAST_PORT: port = '3000', HOLDFAST_TLS_CERTIFICATE_FILE: certificate = '' } = process.env;
const options = { port, path: '/health/live', timeout: 4_000 };
const answered = ({ statusCode }: http.IncomingMessage) => process.exit(statusCode === 200 ? 0 : 1);

// Over the loopback, to ourselves: its certificate has other names.
const request =
  certificate === '' ? http.get(options, answered) : https.get({ ...options, rejectUnauthorized: false }, answered);
request.on('timeout', () => process.exit(1)).on('error', () => process.exit(1));
