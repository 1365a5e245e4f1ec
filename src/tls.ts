import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContextOptions, type Server } from 'node:tls';
import type { Logger } from './observability/logger.js';
import { WatchedFiles } from './watched-files.js';

/** Paths of PEM files. */
export interface TlsFiles {
  /** The server's certificate, followed by those that lead to its authority. */
  readonly certificateFile: string;
  readonly keyFile: string;
  /** Whose clients' certificates count; without it no client is asked for one. */
  readonly clientCaFile?: string;
}

const pathsOf = ({ certificateFile, keyFile, clientCaFile }: TlsFiles): readonly string[] => [
  certificateFile,
  keyFile,
  ...(clientCaFile === undefined ? [] : [clientCaFile]),
];

function contextOptions([cert, key, ca]: readonly string[]): SecureContextOptions {
  return { cert, key, minVersion: 'TLSv1.2', ...(ca !== undefined && { ca }) };
}

/** What a server is made with. @throws where the files are no certificate and its key */
export function tlsOptions(files: TlsFiles) {
  const options = contextOptions(pathsOf(files).map((file) => readFileSync(file, 'utf8')));
  createSecureContext(options);
  // Whether a client's certificate is needed, the access file says: others come with a password or a token.
  return { ...options, requestCert: files.clientCaFile !== undefined, rejectUnauthorized: false };
}

/** From now on, connections that begin use what the files hold then. */
export function watchTls(files: TlsFiles, server: Server, log: Logger): WatchedFiles {
  const take = (texts: readonly string[]) => server.setSecureContext(contextOptions(texts));
  return new WatchedFiles('TLS certificates', pathsOf(files), take, log);
}
