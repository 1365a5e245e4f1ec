import type { AnyService, JsonObject, ParameterSchemas } from '../services/service.js';
import { FileError } from '../yaml/file-error.js';
import { at, describe, field, type Located, plain, positionOf } from '../yaml/located.js';
import { dotted, problems } from '../yaml/problems.js';
import { Catalog, type Offering, type Plan } from './catalog.js';
import { catalogFile, type OfferingInFile, type PlanInFile } from './catalog-file.js';
import { duplicates } from './duplicates.js';
import { overlay } from './overlay.js';
import { compileParameterSchema, type ValidateParameters } from './parameters.js';
import { readSource } from './source.js';

export type ServiceRegistry = ReadonlyMap<string, AnyService>;

/**
 * Reads a catalog file and those it extends.
 * @throws FileError
 */
export function readCatalog(file: string, services: ServiceRegistry): Catalog {
  const located = readSource(file);
  const parsed = catalogFile.safeParse(plain(located), { reportInput: true });
  if (!parsed.success) throw new FileError(problems(parsed.error.issues, located, ''));
  const reader = new OfferingReader(located, services);
  const offerings = parsed.data.offerings.map((offering, index) => reader.read(offering, index));
  const wrong = [...duplicates(parsed.data, located), ...reader.wrong];
  if (wrong.length > 0) throw new FileError(wrong);
  return new Catalog(offerings.filter((offering) => offering !== undefined));
}

/** Gives offerings their service, and plans their template. Goes on after what is wrong, so that all of it is told. */
class OfferingReader {
  readonly wrong: string[] = [];
  constructor(
    private readonly located: Located,
    private readonly services: ServiceRegistry,
  ) {}

  read(offering: OfferingInFile, index: number): Offering | undefined {
    const path = ['offerings', index];
    const service = this.services.get(offering.service);
    if (service === undefined) {
      this.refuse([...path, 'service'], `must be one of: ${[...this.services.keys()].join(', ')}`);
      return undefined;
    }
    const plans = offering.plans.map((plan, p) => this.readPlan(offering, plan, service, [...path, 'plans', p]));
    return {
      id: offering.id,
      name: offering.name,
      description: offering.description,
      bindable: offering.bindable,
      tags: offering.tags ?? [],
      allowContextUpdates: offering.allow_context_updates ?? false,
      ...(offering.metadata && { metadata: offering.metadata }),
      service,
      plans: plans.filter((plan) => plan !== undefined),
    };
  }

  private readPlan(
    offering: OfferingInFile,
    plan: PlanInFile,
    service: AnyService,
    path: readonly PropertyKey[],
  ): Plan | undefined {
    const template = this.readTemplate(service, path);
    if (template === undefined) return undefined;
    const schemas = service.parameterSchemas(template);
    return {
      id: plan.id,
      name: plan.name,
      description: plan.description,
      free: plan.free,
      bindable: plan.bindable ?? offering.bindable,
      planUpdateable: plan.plan_updateable ?? offering.plan_updateable ?? false,
      bindingRotatable: plan.binding_rotatable ?? false,
      ...(plan.metadata && { metadata: plan.metadata }),
      ...(plan.maintenance_info && { maintenanceInfo: plan.maintenance_info }),
      maximumPollingDuration: plan.maximum_polling_duration,
      template,
      schemas,
      validateProvisionParameters: this.compile(schemas, 'provision', path),
      validateUpdateParameters: this.compile(schemas, 'update', path),
      validateBindParameters: this.compile(schemas, 'bind', path),
    };
  }

  /** The offering's `defaults`, with the plan's `template` laid over them. */
  private readTemplate(service: AnyService, path: readonly PropertyKey[]): JsonObject | undefined {
    const plan = at(this.located, path);
    const nothing: Located = { at: plan.at, map: new Map() };
    const defaults = field(at(this.located, path.slice(0, 2)), 'defaults') ?? nothing;
    const template = overlay(defaults, field(plan, 'template') ?? nothing);
    const parsed = service.templateSchema.safeParse(plain(template), { reportInput: true });
    if (parsed.success) return parsed.data;
    this.wrong.push(...problems(parsed.error.issues, template, dotted([...path, 'template'])));
    return undefined;
  }

  private compile(schemas: ParameterSchemas, verb: keyof ParameterSchemas, path: readonly PropertyKey[]) {
    try {
      return compileParameterSchema(schemas[verb]);
    } catch (error) {
      this.refuse(path, `has a wrong ${verb} schema: ${error instanceof Error ? error.message : String(error)}`);
      return (() => []) satisfies ValidateParameters;
    }
  }

  private refuse(path: readonly PropertyKey[], reason: string): void {
    this.wrong.push(describe(positionOf(this.located, path), `${dotted(path)} ${reason}`));
  }
}
