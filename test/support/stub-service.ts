import { z } from 'zod';
import { done, type Procedure, type Stage, type StepContext, type StepOutcome } from '../../src/operations/step.js';
import type {
  Binding,
  Form,
  Instance,
  JsonObject,
  Keep,
  Service,
  UnopenedBinding,
  UnopenedInstance,
} from '../../src/services/service.js';

type Template = { readonly size: number };
type InstanceSecrets = { readonly key: string; readonly formerKey?: string };
type BindingSecrets = { readonly password: string };
type Verb = 'provision' | 'update' | 'deprovision' | 'rotate' | 'bind' | 'unbind';

/** A run of one of the stub's steps, as a test sees it. */
export interface StubStep {
  readonly verb: Verb;
  readonly key: string;
  /** Internal id of the instance. */
  readonly instance: string;
  /** The platform's. */
  readonly instanceId: string;
  /** Internal id of the binding, in a bind or an unbind. */
  readonly binding?: string;
  readonly secrets: unknown;
  /** In a provision or an update. */
  readonly keep?: Keep;
  readonly context: StepContext;
}

const schema = (properties: JsonObject): JsonObject => ({
  $schema: 'http://json-schema.org/draft-07/schema#',
  type: 'object',
  additionalProperties: false,
  properties,
});

/**
 * A service that builds nothing and is done at once, unless a test gives it another `behaviour`. Everything else about
 * it is real: it runs in the engine, with the store and the queue.
 */
export class StubService implements Service<Template, InstanceSecrets, BindingSecrets> {
  readonly name = 'stub';
  readonly templateSchema = z.strictObject({ size: z.int().positive() });
  readonly templateVersion = 1;
  /** Every step that was run, in order. */
  readonly ran: StubStep[] = [];
  /** Internal ids of the bindings that were unbound, in order. */
  readonly removed: string[] = [];
  generated = 0;
  /** What makes generated secrets random, where a test looks for them. */
  suffix = (): string => '';
  behaviour: (step: StubStep) => Promise<StepOutcome> = async () => done;
  stagesOf: Record<Verb, readonly (readonly string[])[]> = {
    provision: [['first'], ['second-a', 'second-b'], ['third']],
    update: [['paint']],
    deprovision: [['clear']],
    rotate: [['exchange']],
    bind: [['user']],
    unbind: [['drop']],
  };

  parameterSchemas() {
    const instance = schema({ colour: { type: 'string' } });
    return { provision: instance, update: instance, bind: schema({ role: { type: 'string' } }) };
  }

  async generateInstanceSecrets() {
    this.generated++;
    return { key: `key-${this.generated}${this.suffix()}` };
  }
  async generateBindingSecrets() {
    this.generated++;
    return { password: `password-${this.generated}${this.suffix()}` };
  }

  readonly provision = this.#versioned('provision');
  readonly update = this.#versioned('update');
  readonly deprovision = this.#versioned('deprovision');
  readonly bind = this.#versioned('bind');
  readonly unbind = this.#versioned('unbind');

  /** When the keys of instances that are made from now on are due. */
  keysAreDueAt = new Date('9999-01-01');
  readonly rotation = {
    rotatable: ['key'],
    next: () => ({ what: 'key', at: this.keysAreDueAt }),
    begin: async (_: string, { secrets: { key } }: Instance<Template, InstanceSecrets>) => ({
      key: `key-${++this.generated}`,
      formerKey: key,
    }),
    carryOut: {
      current: 1,
      versions: {
        1: (instance: Instance<Template, InstanceSecrets>) => this.#versioned('rotate').versions[1](instance),
      },
    },
    end: ({ key }: InstanceSecrets) => ({ key }),
  };

  /** It cannot shrink, nor turn black. */
  refuseUpdate(from: Form<Template>, to: Form<Template>) {
    if (to.template.size < from.template.size) return 'the size cannot be reduced, only raised';
    return to.parameters.colour === 'black' ? 'black is not to be had: any other colour is' : undefined;
  }

  metadata({ template }: UnopenedInstance<Template>) {
    return { labels: { kind: 'stub' }, attributes: { size: String(template.size) } };
  }

  credentials(instance: Instance<Template, InstanceSecrets>, binding: Binding<BindingSecrets>): JsonObject {
    return { uri: `stub://${instance.id}`, username: binding.id, password: binding.secrets.password };
  }
  endpoints(instance: Instance<Template, InstanceSecrets>) {
    return [{ host: `${instance.id}.stub`, ports: [String(instance.found?.port ?? 1234)] }];
  }

  #versioned(verb: Verb) {
    type About = UnopenedInstance<Template> & { readonly secrets?: InstanceSecrets };
    // What `update` is told besides, the form before, changes nothing of its steps.
    const make = (instance: About, ...others: readonly (UnopenedBinding | Form<Template> | Keep)[]): Procedure => ({
      topics: [`stub:${instance.id}`],
      stages: this.stagesOf[verb].map(
        (keys): Stage =>
          keys.map((key) => ({
            key,
            description: `running ${key}`,
            run: async (context) => {
              const besides = others.find((other) => typeof other === 'object');
              const keep = others.find((other) => typeof other === 'function');
              const secrets = besides && 'secrets' in besides ? besides.secrets : instance.secrets;
              const step = {
                verb,
                key,
                instance: instance.id,
                instanceId: instance.owner.instanceId,
                ...(besides && 'id' in besides && { binding: besides.id }),
                secrets,
                ...(keep && { keep }),
                context,
              };
              this.ran.push(step);
              if (verb === 'unbind' && besides && 'id' in besides) this.removed.push(besides.id);
              return await this.behaviour(step);
            },
          })),
      ),
    });
    return { current: 1, versions: { 1: make } };
  }
}
