/** A part of the driver that it gives no types for. */
declare module 'mongodb/lib/cmap/connection.js' {
  export const Connection: {
    readonly prototype: {
      command(namespace: unknown, command: Readonly<Record<string, unknown>>, ...rest: unknown[]): Promise<unknown>;
    };
  };
}
