import { Controller, Get } from '@nestjs/common';
import { Documented, DocumentedTag } from '../osb/documented.js';
import { From } from '../osb/from.js';
import { type AuditFilter, OperatorsRepository, type Place } from '../store/operators.repository.js';
import { auditEventsAnswer } from './answer-schemas.js';
import { auditQueries } from './documented-queries.js';
import { auditEventExample } from './examples.js';
import { auditPage, type Page } from './queries.js';
import { afterEvent, auditEventView, pageOf } from './views.js';

@DocumentedTag('Operators')
@Controller('operators/audit-events')
export class OperatorsAuditController {
  constructor(private readonly store: OperatorsRepository) {}

  @Documented({
    summary: 'Who asked for what, and how it ended; the oldest first',
    query: auditQueries,
    answers: {
      200: { description: 'One page', schema: auditEventsAnswer, example: { audit_events: [auditEventExample] } },
    },
    failures: ['malformed'],
  })
  @Get()
  async list(@From(auditPage) { filter, after, limit }: Page<AuditFilter, Place>): Promise<object> {
    const events = await this.store.auditEvents(filter, after, limit);
    return pageOf('audit_events', events, limit, auditEventView, afterEvent);
  }
}
