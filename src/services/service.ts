import type { z } from 'zod';
import type { Procedure } from '../operations/step.js';

/** JSON that the store can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** What of an instance is not encrypted. */
export interface UnopenedInstance<Template> {
  /** The internal id: 20 lower-case base32 characters, new for each incarnation; names everything in the cluster. */
  readonly id: string;
  /** Who the instance belongs to, for annotations: any strings. */
  readonly owner: { readonly platform: string; readonly instanceId: string };
  /** The resolved plan as it was when the instance was accepted, or last updated. */
  readonly template: Template;
  /** What its procedures have kept. */
  readonly found?: JsonObject;
}

/**
 * Stores what a procedure found out of an instance and credentials need, such as ports that the cluster chose, in place
 * of what was kept before. Nothing secret: it is not encrypted.
 */
export type Keep = (found: JsonObject) => Promise<void>;

/** What a service is told of an instance. Nothing in it changes while an operation runs. */
export interface Instance<Template, Secrets> extends UnopenedInstance<Template> {
  readonly parameters: JsonObject;
  readonly secrets: Secrets;
}

/** What of a binding is not encrypted. */
export interface UnopenedBinding {
  /** The internal id, as an instance's. */
  readonly id: string;
}

export interface Binding<Secrets> extends UnopenedBinding {
  readonly parameters: JsonObject;
  /** The platform's context of the bind request; of Kubernetes platforms it names the app's `namespace`. */
  readonly context: JsonObject;
  readonly secrets: Secrets;
}

/**
 * One version of what carries out an operation. A new release adds a version and keeps the older ones as long as
 * operations of them may run.
 */
export interface Versioned<Arguments extends readonly unknown[]> {
  readonly current: number;
  readonly versions: Readonly<Record<number, (...args: Arguments) => Procedure>>;
}

/** JSON Schemas (draft-07, no outside references) of what users may pass. */
export interface ParameterSchemas {
  readonly provision: JsonObject;
  readonly update: JsonObject;
  readonly bind: JsonObject;
}

/** What an update may change of an instance. */
export interface Form<Template> {
  readonly template: Template;
  readonly parameters: JsonObject;
}

/** Exchanges the secrets that an instance's servers and their clients know each other by, while apps go on. */
export interface Rotation<Template, Secrets extends JsonObject, What extends string> {
  /** What can be rotated, as operators call it. */
  readonly rotatable: readonly What[];
  /** What is to be rotated next, and when. */
  next(secrets: Secrets): { readonly what: What; readonly at: Date };
  /** The secrets with the new ones; stored before the first step sees them. */
  begin(what: What, instance: Instance<Template, Secrets>): Promise<Secrets>;
  readonly carryOut: Versioned<[instance: Instance<Template, Secrets>, what: What]>;
  /** What is kept of the secrets when the last step is done. */
  end(secrets: Secrets): Secrets;
}

/**
 * What knows how to build one kind of offering. A new service is a folder in `src/services` and a line in its registry.
 *
 * Secrets are generated once for an instance or a binding, and stored encrypted before a step sees them.
 */
export interface Service<
  Template,
  InstanceSecrets extends JsonObject,
  BindingSecrets extends JsonObject,
  Rotatable extends string = string,
> {
  /** As the catalog file names it. */
  readonly name: string;
  /** Validates the `template` of a plan in the catalog file; the result is stored with each instance. */
  readonly templateSchema: z.ZodType<Template>;
  /** Rises when the same template would build something else; stored with each instance. */
  readonly templateVersion: number;
  parameterSchemas(template: Template): ParameterSchemas;

  generateInstanceSecrets(instance: { readonly id: string; readonly template: Template }): Promise<InstanceSecrets>;
  generateBindingSecrets(binding: { readonly id: string }): Promise<BindingSecrets>;

  readonly provision: Versioned<[instance: Instance<Template, InstanceSecrets>, keep: Keep]>;
  /**
   * Why an update cannot be carried out, and what is possible, in the user's words; `undefined` where it can be.
   * Asked before the update is accepted. Pure.
   */
  refuseUpdate(from: Form<Template>, to: Form<Template>): string | undefined;
  /** @param instance as it is to be */
  readonly update: Versioned<[instance: Instance<Template, InstanceSecrets>, from: Form<Template>, keep: Keep]>;
  /** Also runs for instances whose provision was halted at any line, or never began, or whose secrets are lost. */
  readonly deprovision: Versioned<[UnopenedInstance<Template>]>;
  readonly bind: Versioned<[Instance<Template, InstanceSecrets>, Binding<BindingSecrets>]>;
  /** Also runs for bindings whose secrets are lost, or that are gone already. */
  readonly unbind: Versioned<[Instance<Template, InstanceSecrets>, UnopenedBinding]>;
  readonly rotation: Rotation<Template, InstanceSecrets, Rotatable>;

  /** What an app gets. Pure: the same arguments give the same credentials. */
  credentials(instance: Instance<Template, InstanceSecrets>, binding: Binding<BindingSecrets>): JsonObject;
  /** What platforms may show of an instance; nothing secret, and no connection data. */
  metadata(instance: UnopenedInstance<Template>): {
    readonly labels: Readonly<Record<string, string>>;
    readonly attributes: Readonly<Record<string, string>>;
  };
  /** The instance's network addresses, as OSB's `endpoints` (2.15). */
  endpoints(instance: Instance<Template, InstanceSecrets>): readonly { host: string; ports: readonly string[] }[];
}

/** A service whose type arguments do not matter to who holds it. */
// biome-ignore lint/suspicious/noExplicitAny: the registry hands each service only what that service made itself
export type AnyService = Service<any, any, any, any>;
