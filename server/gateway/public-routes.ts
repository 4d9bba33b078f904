import type { RequestHandler } from 'express'

/** A route that needs no key: pages, the widget's files, the document. */
export interface PublicRoute {
  /** Express's spelling; all are GET. */
  path: string
  operation: string
  summary: string
  /** Content type of the 200. */
  type: string
  /** What the parameters of the path may be, as patterns. */
  parameters?: Readonly<Record<string, string>>
  handle: RequestHandler
}
