import { engineMutations } from './engine.js';
import type { Mutation } from './mutation.js';
import { securityMutations } from './security.js';

export const mutations: readonly Mutation[] = [...engineMutations, ...securityMutations];
