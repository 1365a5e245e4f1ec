/** Drives a broker over HTTP as a platform does. */
export interface BrokerOptions {
  /** Such as `http://127.0.0.1:3000`. */
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly apiVersion?: string;
}

export interface Answer<Body = unknown> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

export interface ErrorBody {
  readonly error: string;
  readonly description: string;
}

export interface CatalogBody {
  readonly services: readonly {
    readonly id: string;
    readonly name: string;
    readonly plans: readonly { readonly id: string; readonly name: string }[];
  }[];
}

export interface LastOperationBody {
  readonly state: 'in progress' | 'succeeded' | 'failed';
  readonly description: string;
  readonly instance_usable?: boolean;
  readonly update_repeatable?: boolean;
}

export interface BindingBody {
  readonly credentials: Readonly<Record<string, unknown>>;
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly endpoints?: readonly { readonly host: string; readonly ports: readonly string[] }[];
  readonly metadata?: { readonly expires_at: string; readonly renew_before?: string };
}

export interface Sold {
  readonly service_id: string;
  readonly plan_id: string;
}

export interface ProvisionBody extends Sold {
  readonly organization_guid?: string;
  readonly space_guid?: string;
  readonly context?: object;
  readonly parameters?: object;
  readonly maintenance_info?: object;
}

export interface UpdateBody {
  readonly service_id: string;
  readonly plan_id?: string;
  readonly context?: object;
  readonly parameters?: object;
  readonly maintenance_info?: object;
  readonly previous_values?: object;
}

export interface BindBody extends Sold {
  readonly app_guid?: string;
  readonly bind_resource?: object;
  readonly context?: object;
  readonly parameters?: object;
}

export interface RawOptions {
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON; a text is sent as it is. */
  readonly body?: unknown;
  /** Over those of a platform; `undefined` leaves one out. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

const pollEveryMilliseconds = 100;

export class BrokerDriver {
  constructor(private readonly options: BrokerOptions) {}

  catalog(): Promise<Answer<CatalogBody>> {
    return this.raw('GET', '/v2/catalog');
  }

  /** Service id and plan id of a plan, by the names that the catalog gives them. */
  async sold(offeringName: string, planName: string): Promise<Sold> {
    const { body } = await this.catalog();
    const offering = body.services.find(({ name }) => name === offeringName);
    const plan = offering?.plans.find(({ name }) => name === planName);
    if (!offering || !plan) throw new Error(`the catalog has no ${offeringName}/${planName}`);
    return { service_id: offering.id, plan_id: plan.id };
  }

  /** Asynchronous, in some organization and space, unless `body` says which. */
  provision(instanceId: string, body: ProvisionBody): Promise<Answer<{ operation?: string } & Partial<ErrorBody>>> {
    return this.raw('PUT', instancePath(instanceId), {
      query: { accepts_incomplete: 'true' },
      body: { organization_guid: 'organization', space_guid: 'space', ...body },
    });
  }

  fetchInstance(instanceId: string): Promise<Answer<Record<string, unknown>>> {
    return this.raw('GET', instancePath(instanceId));
  }

  /** Asynchronous. */
  update(instanceId: string, body: UpdateBody): Promise<Answer<{ operation?: string } & Partial<ErrorBody>>> {
    return this.raw('PATCH', instancePath(instanceId), { query: { accepts_incomplete: 'true' }, body });
  }

  deprovision(instanceId: string, { service_id, plan_id }: Sold): Promise<Answer<{ operation?: string }>> {
    return this.raw('DELETE', instancePath(instanceId), {
      query: { accepts_incomplete: 'true', service_id, plan_id },
    });
  }

  /** Asynchronous where it takes long: answers the binding, or the operation that makes it. */
  bind(
    instanceId: string,
    bindingId: string,
    body: BindBody | { readonly predecessor_binding_id: string },
  ): Promise<Answer<Partial<BindingBody> & { operation?: string }>> {
    return this.raw('PUT', bindingPath(instanceId, bindingId), { query: { accepts_incomplete: 'true' }, body });
  }

  fetchBinding(instanceId: string, bindingId: string): Promise<Answer<BindingBody>> {
    return this.raw('GET', bindingPath(instanceId, bindingId));
  }

  unbind(
    instanceId: string,
    bindingId: string,
    { service_id, plan_id }: Sold,
  ): Promise<Answer<{ operation?: string }>> {
    return this.raw('DELETE', bindingPath(instanceId, bindingId), {
      query: { accepts_incomplete: 'true', service_id, plan_id },
    });
  }

  lastOperation(instanceId: string, bindingId?: string): Promise<Answer<LastOperationBody>> {
    const path = bindingId === undefined ? instancePath(instanceId) : bindingPath(instanceId, bindingId);
    return this.raw('GET', `${path}/last_operation`);
  }

  /** Asks until the operation has ended. What was deleted and forgotten (410) counts as succeeded. */
  async poll(
    instanceId: string,
    options: { bindingId?: string; seconds: number; everyMilliseconds?: number },
  ): Promise<LastOperationBody> {
    const { everyMilliseconds = pollEveryMilliseconds } = options;
    const deadline = Date.now() + options.seconds * 1000;
    for (;;) {
      const { status, body } = await this.lastOperation(instanceId, options.bindingId);
      if (status === 410) return { state: 'succeeded', description: 'gone' };
      if (status !== 200) throw new Error(`last_operation answered ${status}: ${JSON.stringify(body)}`);
      if (body.state !== 'in progress') return body;
      if (Date.now() > deadline) throw new Error(`still in progress after ${options.seconds} s: ${body.description}`);
      await new Promise((resolve) => setTimeout(resolve, everyMilliseconds));
    }
  }

  async raw<Body>(method: string, path: string, { query, body, headers }: RawOptions = {}): Promise<Answer<Body>> {
    const { url, user, password, apiVersion = '2.17' } = this.options;
    const sent = {
      authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
      'x-broker-api-version': apiVersion,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    };
    const response = await fetch(`${url}${path}${query ? `?${new URLSearchParams(query)}` : ''}`, {
      method,
      headers: Object.entries(sent).filter((header): header is [string, string] => header[1] !== undefined),
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json');
    return { status: response.status, headers: response.headers, body: (isJson ? JSON.parse(text) : text) as Body };
  }
}

export const instancePath = (instanceId: string): string => `/v2/service_instances/${encodeURIComponent(instanceId)}`;

export const bindingPath = (instanceId: string, bindingId: string): string =>
  `${instancePath(instanceId)}/service_bindings/${encodeURIComponent(bindingId)}`;
