import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose';
import Provider from 'oidc-provider';

const client = { client_id: 'cf', client_secret: 'client-secret' };
const algorithm = 'RS256';

interface SigningKey {
  readonly id: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
}

async function signingKey(id: string): Promise<SigningKey> {
  return { id, ...(await generateKeyPair(algorithm, { extractable: true })) };
}

/**
 * A real OpenID provider in this process, over real HTTP. It gives a client tokens for any audience
 * (client credentials, RFC 8707), and its keys can be rotated.
 */
export class OpenIdServer {
  readonly #server = createServer((request, response) => this.#answer(request, response));
  #answer: (request: IncomingMessage, response: ServerResponse) => unknown = () => undefined;
  #keys: readonly SigningKey[] = [];
  #port = 0;
  /** How often its keys were asked for. */
  keysAskedFor = 0;

  static async start(): Promise<OpenIdServer> {
    const server = new OpenIdServer();
    await server.listen();
    await server.rotate();
    return server;
  }

  get issuer(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** The one that signs. */
  get key(): SigningKey {
    const [key] = this.#keys;
    if (!key) throw new Error('the provider has no key yet');
    return key;
  }

  /** Listens, on the port that it had. */
  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Nobody reaches it. */
  async away(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  /** Signs with a new key from now on; the earlier ones are published no more, unless they are kept for a while. */
  async rotate({ keep = false } = {}): Promise<void> {
    const key = await signingKey(`key-${Date.now()}-${Math.random()}`);
    this.#keys = [key, ...(keep ? this.#keys : [])];
    const keys = this.#keys.map(async ({ id, privateKey }) => ({
      ...(await exportJWK(privateKey)),
      kid: id,
      use: 'sig',
    }));
    const provider = new Provider(this.issuer, {
      clients: [{ ...client, grant_types: ['client_credentials'], redirect_uris: [], response_types: [] }],
      ttl: { ClientCredentials: 60 },
      jwks: { keys: await Promise.all(keys) },
      features: {
        devInteractions: { enabled: false },
        clientCredentials: { enabled: true },
        resourceIndicators: {
          enabled: true,
          getResourceServerInfo: (_context, resource) => ({
            scope: 'broker operate other',
            audience: resource.replace('urn:', ''),
            accessTokenFormat: 'jwt',
            accessTokenTTL: 60,
            jwt: { sign: { alg: algorithm } },
          }),
        },
      },
    });
    const callback = provider.callback();
    this.#answer = (request, response) => {
      if (request.url === '/jwks') this.keysAskedFor += 1;
      return callback(request, response);
    };
  }

  /** A token as the provider gives it to its client. */
  async token({ audience = 'holdfast', scope = 'broker' } = {}): Promise<string> {
    const response = await fetch(`${this.issuer}/token`, {
      method: 'POST',
      body: new URLSearchParams({ ...client, grant_type: 'client_credentials', resource: `urn:${audience}`, scope }),
    });
    const answer = (await response.json()) as { readonly access_token?: string };
    if (!answer.access_token) throw new Error(`the provider gives no token: ${JSON.stringify(answer)}`);
    return answer.access_token;
  }

  /** A token that only its signature makes the provider's. */
  async sign(changes: Readonly<Record<string, unknown>> = {}, key = this.key): Promise<string> {
    const now = Math.floor(Date.now() / 1_000);
    const claims = { iss: this.issuer, aud: 'holdfast', sub: 'cf', client_id: 'cf', scope: 'broker' };
    return await new SignJWT({ ...claims, iat: now, exp: now + 60, ...changes })
      .setProtectedHeader({ alg: algorithm, kid: key.id, typ: 'at+jwt' })
      .sign(key.privateKey);
  }
}
