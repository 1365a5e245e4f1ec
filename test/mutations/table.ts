/** A defect that is made on purpose, and the test that has to find it. */
export interface Mutation {
  /** What is taken away. */
  readonly name: string;
  readonly file: string;
  /** Found exactly once in the file. */
  readonly from: string;
  readonly to: string;
  readonly suite: 'unit' | 'services' | 'end-to-end' | 'recovery';
  readonly test: string;
  /** Beginning of the title, where one test of the file is enough. */
  readonly title?: string;
}

const operations = 'src/store/operations.repository.ts';
const leases = { suite: 'services', test: 'test/operations/leases.test.ts' } as const;
const again = {
  suite: 'end-to-end',
  test: 'test/end-to-end/mongodb-service.test.ts',
  title: 'a replica set of 3',
} as const;
const lostLease = { suite: 'services', test: 'test/operations/lost-lease.test.ts' } as const;

export const mutations: readonly Mutation[] = [
  {
    name: "a holder's writes need not name its epoch",
    file: operations,
    from: "_id: holding.operation, active: true, 'lease.epoch': holding.epoch }",
    to: '_id: holding.operation, active: true }',
    ...leases,
  },
  {
    name: 'the end of an operation need not name the epoch',
    file: operations,
    from: "{ _id: holding.operation, 'lease.epoch': holding.epoch }",
    to: '{ _id: holding.operation }',
    ...leases,
  },
  {
    name: 'a lease is taken although another holds it',
    file: operations,
    from: '{ _id: id, active: true, $expr: leaseEnded }',
    to: '{ _id: id, active: true }',
    ...leases,
  },
  {
    name: 'a DELETE does not wait for the lease of what it ends',
    file: operations,
    from: 'if (isHeldElsewhere(operation))',
    to: 'if (isHeldElsewhere({ ...operation, holders: [] }))',
    ...leases,
  },
  {
    name: 'a late renewal revives a lease that was given back',
    file: operations,
    from: ", { 'lease.owner': { $ne: null } });",
    to: ');',
    ...leases,
  },
  {
    name: 'what is admitted takes no place',
    file: operations,
    from: "slot: slots[place], wakeAt: '$$NOW'",
    to: "wakeAt: '$$NOW'",
    ...leases,
  },
  {
    name: 'secrets are stored although there are some',
    file: 'src/store/owned.repository.ts',
    from: '{ _id: id, living: true, secrets: { $exists: false } }',
    to: '{ _id: id, living: true }',
    ...leases,
  },
  {
    name: 'jobs are not added again',
    file: 'src/operations/reconciler.ts',
    from: '        await queue.wake(operation);\n',
    to: '',
    suite: 'services',
    test: 'test/operations/recovery.test.ts',
    title: 'Redis',
  },
  {
    name: 'deadlines are not looked after',
    file: 'src/operations/reconciler.ts',
    from: 'await forEach(await operations.findOverdue(batch), log',
    to: 'await forEach([], log',
    suite: 'services',
    test: 'test/operations/engine.test.ts',
    title: 'the engine fails an operation at its deadline',
  },
  {
    name: 'steps that are done run again',
    file: 'src/operations/stage.ts',
    from: 'stage.filter(({ key }) => !done.has(key))',
    to: "stage.filter(({ key }) => !done.has(key.concat('/')))",
    suite: 'unit',
    test: 'test/unit/operations/stage.test.ts',
  },
  {
    name: 'outside effects do not ask the clock of the lease',
    file: 'src/side-effects.ts',
    from: '    permissions.getStore()?.();\n',
    to: '',
    ...lostLease,
  },
  {
    name: 'the clock of the lease is not asked, but the timer that may be late',
    file: 'src/operations/lease-keeper.ts',
    from: '    if (performance.now() >= this.#end) this.#lost.abort(leaseEnded());\n',
    to: '',
    suite: 'unit',
    test: 'test/unit/operations/lease-keeper.test.ts',
  },
  {
    name: 'what came too late is not taken away again',
    file: 'src/operations/executor.ts',
    from: '      await this.#clearUp(operation, shutdown);\n',
    to: '',
    ...lostLease,
  },
  {
    name: 'what came too late is taken away although it is wanted',
    file: 'src/brokering/service-procedures.ts',
    from: '!instance?.living || isStillWanted',
    to: '!instance?.living',
    ...lostLease,
  },
  {
    name: 'a user that there is already cannot be made',
    file: 'src/services/mongodb/users.ts',
    from: 'if (!isKnownUser(error)) throw error;',
    to: 'throw error;',
    ...again,
  },
  {
    name: 'a user that is gone already cannot be removed',
    file: 'src/services/mongodb/users.ts',
    from: "if (!hasCodeName(error, 'UserNotFound')) throw error;",
    to: 'throw error;',
    ...again,
  },
  {
    name: 'a set is initiated without looking whether it is',
    file: 'src/services/mongodb/replica-set/bring-up.ts',
    from: '  if (setName !== undefined) {\n',
    to: '  if (setName === "") {\n',
    ...again,
  },
  {
    name: 'members are added without looking which are there',
    file: 'src/services/mongodb/replica-set/configuration.ts',
    from: '!config.members.some(({ host }) => host === memberHost(set, ordinal))',
    to: 'config.members.length < 2 * set.members && ordinal > -1',
    ...again,
  },
  {
    name: 'the heartbeat is set without looking',
    file: 'src/services/mongodb/replica-set/configuration.ts',
    from: 'return settings?.heartbeatIntervalMillis === defaultHeartbeat;',
    to: 'return settings === undefined;',
    ...again,
  },
  {
    name: 'default concerns are set without looking',
    file: 'src/services/mongodb/replica-set/server-settings.ts',
    from: '        if (current.write === write && current.read === read) return;\n',
    to: '',
    ...again,
  },
  {
    name: 'writes are blocked without looking',
    file: 'src/services/mongodb/replica-set/server-settings.ts',
    from: 'areBlocked.some((isBlocked) => isBlocked !== isReadOnly)',
    to: 'areBlocked.length > 0',
    ...again,
  },
  {
    name: 'members are stopped without looking whether there is a namespace',
    file: 'src/services/mongodb/deprovision.ts',
    from: '      if (!(await cluster.read(namespaceKind, { name: namespace }, signal))) return done;\n',
    to: '',
    ...again,
  },
  {
    name: 'a namespace that is being deleted counts as open',
    file: 'src/kubernetes/access.ts',
    from: 'return metadata?.deletionTimestamp !== undefined;',
    to: 'return metadata === undefined;',
    suite: 'end-to-end',
    test: 'test/end-to-end/kubernetes.test.ts',
  },
  {
    name: 'orphans are removed at once',
    file: 'src/store/orphans.repository.ts',
    from: '$gte: [age, graceMilliseconds]',
    to: '$gte: [age, 0 * graceMilliseconds]',
    suite: 'end-to-end',
    test: 'test/end-to-end/cluster-comparison.test.ts',
  },
];
