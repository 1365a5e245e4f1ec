import { done, type Stage, type Step } from '../../../operations/step.js';
import type { Administration } from '../administration.js';
import { readDefaultConcerns, setDefaultConcerns, setWriteBlocking } from '../members/commands.js';
import type { Settings } from '../settings.js';
import { patient } from './patience.js';

/** What is to have the settings. */
export interface Configurable extends Administration {
  /** The first part of the steps' keys. */
  readonly name: string;
  /** Of each server that says so by itself. */
  hasWritesBlocked(signal: AbortSignal): Promise<readonly boolean[]>;
  /** Has a majority take a write. */
  verify(signal: AbortSignal): Promise<void>;
}

/** From whatever settings an instance has to these. */
export function applySettings(target: Configurable, settings: Settings): readonly Stage[] {
  const stages = [[setConcerns(target, settings), setReadOnly(target, settings)], [confirm(target)]];
  return stages.map((stage) => stage.map((step) => patient(step)));
}

function setConcerns({ name, asAdmin }: Configurable, settings: Settings): Step {
  const write = settings.default_write_concern === '1' ? 1 : 'majority';
  const read = settings.default_read_concern;
  return {
    key: `${name}-default-concerns`,
    description: 'setting the default write and read concerns',
    async run({ signal }) {
      await asAdmin(signal, async (admin) => {
        const current = await readDefaultConcerns(admin, signal);
        if (current.write === write && current.read === read) return;
        await setDefaultConcerns(admin, { write, read }, signal);
      });
      return done;
    },
  };
}

/** Holdfast's administrator passes the block, because `root` has `bypassWriteBlockingMode`; no role of a binding has it. */
function setReadOnly(target: Configurable, { read_only: isReadOnly }: Settings): Step {
  return {
    key: `${target.name}-read-only`,
    description: isReadOnly ? 'blocking the writes of apps' : 'letting apps write',
    async run({ signal }) {
      const areBlocked = await target.hasWritesBlocked(signal);
      if (areBlocked.some((isBlocked) => isBlocked !== isReadOnly)) {
        await target.asAdmin(signal, (admin) => setWriteBlocking(admin, isReadOnly, signal));
      }
      return done;
    },
  };
}

/**
 * A setting that was found as it is to be may still be one that only the primary has, from a run that was cut short. A
 * later write that a majority has tells that no election takes it back.
 */
function confirm({ name, verify }: Configurable): Step {
  return {
    key: `${name}-settings`,
    description: 'verifying the settings',
    async run({ signal }) {
      await verify(signal);
      return done;
    },
  };
}
