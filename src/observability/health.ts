import { Controller, Get, Res } from '@nestjs/common';
import type { Response } from 'express';

/** Throws, or rejects, with the reason where what it checks does not answer. */
export type HealthCheck = (signal: AbortSignal) => Promise<unknown>;

/** What Holdfast needs. Only without the store can it accept nothing; the others it waits for. */
export class HealthChecks {
  /** It still answers, but is not to be sent anything more. */
  isStopping = false;

  constructor(readonly checks: { readonly store: HealthCheck } & Readonly<Record<string, HealthCheck>>) {}
}

export interface Readiness {
  readonly status: 'ok' | 'degraded' | 'down' | 'stopping';
  readonly checks: Readonly<Record<string, CheckResult>>;
}

type CheckResult = { readonly status: 'up' } | { readonly status: 'down'; readonly reason: string };

const boundMilliseconds = 1000;

@Controller('health')
export class HealthController {
  constructor(private readonly health: HealthChecks) {}

  @Get('live')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  @Get('ready')
  async ready(@Res({ passthrough: true }) response: Response): Promise<Readiness> {
    const readiness = await readReadiness(this.health.checks);
    const status = this.health.isStopping ? 'stopping' : readiness.status;
    response.status(status === 'down' || status === 'stopping' ? 503 : 200);
    return { ...readiness, status };
  }
}

/** Whether each of them answers now, within a second. */
export async function readReadiness(checks: HealthChecks['checks']): Promise<Readiness> {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => [name, await run(check)] as const),
  );
  const byName: Record<string, CheckResult> = Object.fromEntries(results);
  return { status: overall(byName), checks: byName };
}

export function overall(results: Readonly<Record<string, CheckResult>>): Readiness['status'] {
  if (results.store?.status === 'down') return 'down';
  return Object.values(results).some((result) => result.status === 'down') ? 'degraded' : 'ok';
}

async function run(check: HealthCheck): Promise<CheckResult> {
  const signal = AbortSignal.timeout(boundMilliseconds);
  const tooLate = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error(`no answer within ${boundMilliseconds} ms`)));
  });
  try {
    await Promise.race([check(signal), tooLate]);
    return { status: 'up' };
  } catch (error) {
    return { status: 'down', reason: error instanceof Error ? error.message : String(error) };
  }
}
