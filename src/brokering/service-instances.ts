import type {
  Accepted,
  DeprovisionRequest,
  InstanceAddress,
  InstanceView,
  LastOperation,
  LastOperationRequest,
  ProvisionRequest,
  Unchanged,
  UpdateRequest,
} from './requests.js';

/** What platforms do with instances. Each method throws a `Refusal` where it changes nothing. */
export abstract class ServiceInstances {
  abstract provision(request: ProvisionRequest): Promise<Accepted | Unchanged>;
  /** @throws Refusal `absent`, `invalid`, `maintenance-info`, `unprocessable` with what is possible, or `concurrency` */
  abstract update(request: UpdateRequest): Promise<Accepted | Unchanged>;
  abstract deprovision(request: DeprovisionRequest): Promise<Accepted>;
  /** @throws Refusal `absent` while it is being provisioned; `concurrency` while it changes */
  abstract fetch(address: InstanceAddress): Promise<InstanceView>;
  /** @throws Refusal `absent`; `gone` once an instance's deletion is over for longer than the grace period */
  abstract lastOperation(address: InstanceAddress, request: LastOperationRequest): Promise<LastOperation>;
}
