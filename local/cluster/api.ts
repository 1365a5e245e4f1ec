import { Agent, request } from 'node:https';
import type { Credentials } from './kubeconfigs.js';
import { layout } from './layout.js';

/** The least of a client that the set-up needs: one GET. */
export class Api {
  private readonly agent: Agent;

  constructor({ authority, certificate, key }: Credentials) {
    this.agent = new Agent({ ca: authority, cert: certificate, key, keepAlive: true });
  }

  /** Answers the body, or undefined when there is no server, no such thing, or no permission. */
  get(path: string): Promise<string | undefined> {
    return new Promise((resolve) => {
      const asked = request(`${layout.apiServer}${path}`, { agent: this.agent, timeout: 2000 }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text: string) => {
          body += text;
        });
        response.on('end', () => resolve(response.statusCode === 200 ? body : undefined));
        response.on('error', () => resolve(undefined));
      });
      asked.on('timeout', () => asked.destroy());
      asked.on('error', () => resolve(undefined));
      asked.end();
    });
  }

  async isReady(): Promise<boolean> {
    return (await this.get('/readyz')) === 'ok';
  }

  close(): void {
    this.agent.destroy();
  }
}
