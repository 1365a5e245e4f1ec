import type { AnyService, JsonObject, ParameterSchemas } from '../services/service.js';
import type { OfferingInFile, PlanInFile } from './catalog-file.js';
import type { ValidateParameters } from './parameters.js';

/** OSB › Service Offering Object. */
export interface Offering {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly bindable: boolean;
  readonly tags: readonly string[];
  readonly allowContextUpdates: boolean;
  readonly metadata?: OfferingInFile['metadata'];
  readonly service: AnyService;
  readonly plans: readonly Plan[];
}

/** OSB › Service Plan Object. */
export interface Plan {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly free: boolean;
  /** Whether instances of this plan can be bound: the plan's own word, or else the offering's. */
  readonly bindable: boolean;
  /** Whether instances may change from this plan to another: the plan's own word, or else the offering's. */
  readonly planUpdateable: boolean;
  readonly bindingRotatable: boolean;
  readonly metadata?: PlanInFile['metadata'];
  readonly maintenanceInfo?: NonNullable<PlanInFile['maintenance_info']>;
  /** Seconds. */
  readonly maximumPollingDuration: number;
  /** What the service builds: the offering's defaults and the plan's own fields, as the service's schema gave it back. */
  readonly template: JsonObject;
  readonly schemas: ParameterSchemas;
  readonly validateProvisionParameters: ValidateParameters;
  readonly validateUpdateParameters: ValidateParameters;
  readonly validateBindParameters: ValidateParameters;
}

export interface Sold {
  readonly offering: Offering;
  readonly plan: Plan;
}

/** What is for sale. Ids are the platform's way to name it; both must fit together. */
export class Catalog {
  constructor(readonly offerings: readonly Offering[]) {}

  findOffering(serviceId: string): Offering | undefined {
    return this.offerings.find((offering) => offering.id === serviceId);
  }

  find(serviceId: string, planId: string): Sold | undefined {
    const offering = this.findOffering(serviceId);
    const plan = offering?.plans.find((candidate) => candidate.id === planId);
    return offering && plan ? { offering, plan } : undefined;
  }

  plans(): readonly Sold[] {
    return this.offerings.flatMap((offering) => offering.plans.map((plan) => ({ offering, plan })));
  }
}
