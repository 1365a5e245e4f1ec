/** What writes the OpenAPI document. Loading it takes longer than much of a start, so only what needs the document does. */
export type Swagger = typeof import('@nestjs/swagger');

type Describe = (swagger: Swagger) => readonly (MethodDecorator | ClassDecorator)[];

const noted: ((swagger: Swagger) => void)[] = [];

/** Notes what the document is to say of a class or a method. */
export function describedBy(describe: Describe): MethodDecorator & ClassDecorator {
  return (target: object, key?: string | symbol, descriptor?: PropertyDescriptor): void => {
    noted.push((swagger) => {
      for (const decorate of describe(swagger)) {
        (decorate as (...place: readonly unknown[]) => void)(...(descriptor ? [target, key, descriptor] : [target]));
      }
    });
  };
}

/** Gives what was noted to the library, each note once. */
export function describeTo(swagger: Swagger): void {
  for (const describe of noted.splice(0)) describe(swagger);
}
