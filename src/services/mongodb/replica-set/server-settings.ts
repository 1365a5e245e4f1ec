import { done, type Stage, type Step } from '../../../operations/step.js';
import { areWritesBlocked, readDefaultConcerns, setDefaultConcerns, setWriteBlocking } from '../members/commands.js';
import type { Members } from '../members/members.js';
import type { Settings } from '../settings.js';
import { patient } from './patience.js';
import type { ReplicaSet } from './replica-set.js';
import { writeWithMajority } from './verification.js';

interface Parts {
  readonly set: ReplicaSet;
  readonly members: Members;
  readonly settings: Settings;
}

/** From whatever settings a replica set has to these. */
export function applySettings(parts: Parts): readonly Stage[] {
  const stages = [[setConcerns(parts), setReadOnly(parts)], [confirm(parts)]];
  return stages.map((stage) => stage.map((step) => patient(step)));
}

function setConcerns({ set, members, settings }: Parts): Step {
  const write = settings.default_write_concern === '1' ? 1 : 'majority';
  const read = settings.default_read_concern;
  return {
    key: `${set.name}-default-concerns`,
    description: 'setting the default write and read concerns',
    async run({ signal }) {
      await members.asAdminOnPrimary(signal, async (admin) => {
        const current = await readDefaultConcerns(admin, signal);
        if (current.write === write && current.read === read) return;
        await setDefaultConcerns(admin, { write, read }, signal);
      });
      return done;
    },
  };
}

/** Holdfast's administrator passes the block, because `root` has `bypassWriteBlockingMode`; no role of a binding has it. */
function setReadOnly({ set, members, settings: { read_only: isReadOnly } }: Parts): Step {
  return {
    key: `${set.name}-read-only`,
    description: isReadOnly ? 'blocking the writes of apps' : 'letting apps write',
    async run({ signal }) {
      await members.asAdminOnPrimary(signal, async (admin) => {
        if ((await areWritesBlocked(admin, signal)) === isReadOnly) return;
        await setWriteBlocking(admin, isReadOnly, signal);
      });
      return done;
    },
  };
}

/**
 * A setting that was found as it is to be may still be one that only the primary has, from a run that was cut short. A
 * later write that a majority has tells that no election takes it back.
 */
function confirm({ set, members }: Parts): Step {
  return {
    key: `${set.name}-settings`,
    description: 'verifying the settings',
    async run({ signal }) {
      await members.asAdminOnPrimary(signal, (admin) => writeWithMajority(admin, signal));
      return done;
    },
  };
}
