import type {
  Accepted,
  BindingAddress,
  BindingView,
  BindRequest,
  LastOperation,
  LastOperationRequest,
  UnbindRequest,
  Unchanged,
} from './requests.js';

/** What platforms do with bindings. Each method throws a `Refusal` where it changes nothing. */
export abstract class ServiceBindings {
  abstract bind(request: BindRequest): Promise<Accepted | Unchanged>;
  abstract unbind(request: UnbindRequest): Promise<Accepted>;
  /** @throws Refusal `absent` while it is being made */
  abstract fetch(address: BindingAddress): Promise<BindingView>;
  /** @throws Refusal `absent`; `gone` once a binding's deletion is over for longer than the grace period */
  abstract lastOperation(address: BindingAddress, request: LastOperationRequest): Promise<LastOperation>;
}
