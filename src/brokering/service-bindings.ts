import type {
  Accepted,
  BindingAddress,
  BindingView,
  BindRequest,
  Finished,
  LastOperation,
  LastOperationRequest,
  Patience,
  UnbindRequest,
  Unchanged,
} from './requests.js';

/** What platforms do with bindings. Each method throws a `Refusal` where it changes nothing. */
export abstract class ServiceBindings {
  /** `finished` and `accepted` are new bindings, or the same request again while that was made; `unchanged` is an old one. */
  abstract bind(request: BindRequest, patience: Patience): Promise<Accepted | Finished | Unchanged>;
  abstract unbind(request: UnbindRequest, patience: Patience): Promise<Accepted | Finished>;
  /** @throws Refusal `absent` while it is being made */
  abstract fetch(address: BindingAddress): Promise<BindingView>;
  /** @throws Refusal `absent`; `gone` once a binding's deletion is over for longer than the grace period */
  abstract lastOperation(address: BindingAddress, request: LastOperationRequest): Promise<LastOperation>;
}
