import { Controller, Get, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { Catalog } from '../catalog/catalog.js';
import { catalogAnswer } from './answer-schemas.js';
import { type CatalogDocument, catalogDocument } from './catalog-document.js';
import { Documented, DocumentedController } from './documented.js';
import { catalogExample } from './documented-parts.js';
import { apiVersionOf } from './request-context.js';
import { type ApiVersion, behaviourSince } from './versions.js';

/** OSB › Catalog Management */
@DocumentedController('Catalog', {})
@Controller('v2/catalog')
export class CatalogController {
  private readonly documents = new Map<ApiVersion, CatalogDocument>();
  private readonly readAt = new Date();

  constructor(private readonly catalog: Catalog) {}

  @Documented({
    summary: 'What is for sale',
    answers: {
      200: {
        description: 'The catalog',
        schema: catalogAnswer,
        example: catalogExample,
        headers: { ETag: 'Of the catalog in this API version', 'Last-Modified': 'When it was read' },
      },
      304: { description: 'As known already' },
    },
    headers: { 'If-None-Match': 'The ETag of a catalog known already', 'If-Modified-Since': 'When it was read' },
  })
  @Get()
  read(@Req() request: Request, @Res() response: Response): void {
    const version = apiVersionOf(request);
    const { json, etag } = this.document(version);
    if (version >= behaviourSince.conditionalCatalog) {
      response.set({ ETag: etag, 'Last-Modified': this.readAt.toUTCString(), Vary: 'X-Broker-API-Version' });
      if (isKnown(request, etag, this.readAt)) {
        response.status(304).end();
        return;
      }
    }
    response.type('application/json').send(json);
  }

  private document(version: ApiVersion): CatalogDocument {
    const document = this.documents.get(version) ?? catalogDocument(this.catalog, version);
    this.documents.set(version, document);
    return document;
  }
}

/** RFC 9110 13.1. Not Express's `fresh`, which sends everything to clients that ask their caches to revalidate. */
function isKnown(request: Request, etag: string, readAt: Date): boolean {
  const tags = request.get('if-none-match');
  if (tags !== undefined) return tags.split(',').some((tag) => ['*', etag, `W/${etag}`].includes(tag.trim()));
  const since = Date.parse(request.get('if-modified-since') ?? '');
  return since >= Math.floor(readAt.getTime() / 1000) * 1000;
}
