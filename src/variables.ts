import { readFileSync } from 'node:fs';
import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { StartError } from './start-error.js';

/** Every variable that is wrong, one line each. */
export class ConfigurationError extends StartError {
  override readonly name = 'ConfigurationError';
}

export interface VariableKind<Value> {
  readonly schema: z.ZodType<Value, string>;
  readonly mayHold: string;
  /** What of a wrong value may be shown; all of it where this is left out. */
  readonly mask?: (value: string) => string;
}

/** Collects what is wrong, so that all of it is told at once. */
export class VariableReader {
  private readonly wrong: string[] = [];
  constructor(private readonly environment: NodeJS.ProcessEnv) {}

  /** A variable set to nothing counts as not set: that is how compose files and charts leave one out. */
  isSet(name: string): boolean {
    return (this.environment[name] ?? '') !== '';
  }

  optional<Value, Default>(name: string, kind: VariableKind<Value>, whenNotSet: Default): Value | Default {
    return this.isSet(name) ? this.required(name, kind) : whenNotSet;
  }

  required<Value>(name: string, kind: VariableKind<Value>): Value {
    const value = this.environment[name] ?? '';
    const result = kind.schema.safeParse(value);
    if (result.success) return result.data;
    if (value === '') this.refuse(`${name} is not set: it must hold ${kind.mayHold}`);
    else {
      const shown = JSON.stringify((kind.mask ?? String)(value));
      const reason = result.error.issues.find((issue) => issue.code === 'custom' && issue.message !== 'Invalid input');
      this.refuse(`${name} holds ${shown}, and may hold ${kind.mayHold}${reason ? ` (${reason.message})` : ''}`);
    }
    // `finish` throws before anyone sees this.
    return undefined as Value;
  }

  /** A path whose file tells its mistakes by itself, one a line. */
  file(name: string, readText: (text: string, file: string) => unknown): string | undefined {
    const path = this.optional(name, readableFile, undefined);
    try {
      if (path !== undefined) readText(readFileSync(path, 'utf8'), path);
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      for (const line of error.lines) this.refuse(`${name}: ${line}`);
    }
    return path;
  }

  refuse(line: string): void {
    this.wrong.push(line);
  }

  /** Whether one of these variables was refused. */
  hasWrong(names: readonly string[]): boolean {
    return this.wrong.some((line) => names.some((name) => line.startsWith(`${name} `)));
  }

  finish<Result>(configuration: Result): Result {
    if (this.wrong.length > 0) throw new ConfigurationError(this.wrong);
    return configuration;
  }
}

export const text = (mayHold: string): VariableKind<string> => ({ schema: z.string().trim().min(1), mayHold });

export const oneOf = <const Values extends readonly string[]>(values: Values): VariableKind<Values[number]> => ({
  schema: z.enum(values),
  mayHold: values.map((value) => `"${value}"`).join(', '),
});

export const wholeNumber = (least: number, most: number): VariableKind<number> => ({
  schema: z.string().regex(/^\d+$/).transform(Number).pipe(z.number().min(least).max(most)),
  mayHold: `a whole number from ${least} to ${most}`,
});

export const url = (protocols: readonly string[]): VariableKind<string> => ({
  schema: z
    .string()
    .regex(new RegExp(`^(?:${protocols.map((name) => name.replace('+', '\\+')).join('|')})://[^/\\s]+`)),
  mayHold: `a URL that begins with ${protocols.map((name) => `${name}://`).join(' or ')}`,
  // Options may be passwords, too.
  mask: (value) => value.replace(/^([^:]*:\/\/)?.*@/, '$1***@').replace(/\?.*$/s, '?***'),
});

export const domain: VariableKind<string> = {
  schema: z.string().regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/),
  mayHold: 'a DNS domain, such as cluster.local',
};

/** What `parse` throws becomes the reason that the user is told: its messages hold no secrets. */
export function parsed<Value>(parse: (value: string) => Value): z.ZodType<Value, string> {
  return z.string().transform((value, context) => {
    try {
      return parse(value);
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
      return z.NEVER;
    }
  });
}

const pathTo = (what: string): VariableKind<string> => ({
  schema: parsed((path) => {
    readFileSync(path);
    return path;
  }),
  mayHold: `the path of ${what}`,
});

const readableFile = pathTo('a file that can be read');
export const pemFile = pathTo('a PEM file');

/** Names that Express has for networks. */
const namedNetworks: ReadonlySet<string> = new Set(['loopback', 'linklocal', 'uniquelocal']);

export const networks: VariableKind<readonly string[]> = {
  schema: parsed((value) => {
    const entries = value.split(',').map((entry) => entry.trim());
    const unknown = entries.find((entry) => !namedNetworks.has(entry) && !isAddressOrNetwork(entry));
    if (unknown !== undefined) throw new Error(`${JSON.stringify(unknown)} is none`);
    return entries;
  }),
  mayHold: 'addresses and networks such as 10.0.0.0/8, or loopback, linklocal, uniquelocal, parted by commas',
};

/** Not in the short forms of old, in which `10` is an address too. */
function isAddressOrNetwork(entry: string): boolean {
  const [address = ''] = entry.split('/');
  const isAddress = ipaddr.IPv4.isValidFourPartDecimal(address) || ipaddr.IPv6.isValid(address);
  return isAddress && (entry === address || ipaddr.isValidCIDR(entry));
}
