import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';

/** Hands a controller what `read` makes of the HTTP request; what `read` throws is the answer. */
export const From = <Value>(read: (http: Request) => Value): ParameterDecorator =>
  createParamDecorator((_: unknown, context: ExecutionContext) => read(context.switchToHttp().getRequest<Request>()))();
