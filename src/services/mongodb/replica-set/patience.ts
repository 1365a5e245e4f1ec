import { type Step, wait } from '../../../operations/step.js';
import { NotServing } from '../members/connections.js';

/** What Kubernetes knows of why a member does not answer, in the user's words. */
export type Explain = (signal: AbortSignal) => Promise<string | undefined>;

/** A server that does not answer yet, or an election, is a reason to wait. */
export function patient(step: Step, explain: Explain = async () => undefined): Step {
  return {
    ...step,
    async run(context) {
      try {
        return await step.run(context);
      } catch (error) {
        if (!(error instanceof NotServing)) throw error;
        context.log.debug({ err: error }, 'a member is not there yet');
        return wait((await explain(context.signal)) ?? `waiting for members: ${error.message}`);
      }
    },
  };
}
