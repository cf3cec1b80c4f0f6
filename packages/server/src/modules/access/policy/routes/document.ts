/** Routes of the policy document and its versions. @module */
import { renderHtml, renderMarkdown } from '@writ/policy'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { invalidField } from '#platform/errors'
import { type Route, route } from '#platform/http'
import { pathId, toWire } from '#platform/ids'
import { pageOf, pageQuery, pageSchema, toPage } from '#platform/pages'
import { getVersion, listVersions, type VersionRow, type WholeVersion } from '../queries.ts'

const tag = 'Policy'

const change = z.object({
  path: z.string(),
  kind: z.enum(['added', 'removed', 'changed']),
  effect: z.enum(['widens', 'narrows', 'neutral']).describe('Whether somebody may do more by it, or less'),
  sentence: z.string(),
})

const versionShape = z.object({
  id: z.string(),
  number: z.number(),
  sha256: z.string(),
  name: z.string(),
  version: z.string().describe("The document's own version"),
  author: z.string(),
  reason: z.string(),
  appliedAt: z.string(),
  changes: z.array(change).describe('Differences to the version before'),
})

const wholeVersion = versionShape.extend({
  languages: z.array(z.string()).describe('Languages of the document'),
  source: z.string().describe('The file, as it was applied'),
})

const documentQuery = z.strictObject({
  format: z
    .enum(['json', 'md', 'html'])
    .default('json')
    .describe('json: the version; md, html: the document for people'),
  language: z
    .string()
    .max(35)
    .optional()
    .describe('en, he: one the policy is written in; default: its first'),
})

function versionView(row: VersionRow): z.input<typeof versionShape> {
  const { id, number, sha256, name, version, author, reason, appliedAt, changes } = row
  const facts = { number, sha256, name, version, author, reason }
  return { id: toWire('pol', id), ...facts, appliedAt: appliedAt.toISOString(), changes: [...changes] }
}

/** The document's own page: it brings its style, and nothing else may run or load in it. */
const PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"

async function answer(row: WholeVersion, query: z.output<typeof documentQuery>, reply: FastifyReply) {
  const { policy } = row.compiled
  const { format, language } = query
  if (language !== undefined && !policy.languages.includes(language)) {
    throw invalidField('query.language', `The policy is written in ${policy.languages.join(', ')}.`)
  }
  const options = language === undefined ? {} : { language }
  if (format === 'md') return reply.type('text/markdown; charset=utf-8').send(renderMarkdown(policy, options))
  if (format === 'html') {
    reply.header('content-security-policy', PAGE_POLICY)
    return reply.type('text/html; charset=utf-8').send(renderHtml(policy, options))
  }
  return { ...versionView(row), languages: [...policy.languages], source: row.source }
}

export const documentRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/policy',
    summary: 'The policy in force: the file, or the document for people',
    tag,
    access: 'member',
    query: documentQuery,
    response: wholeVersion,
    async handle(ctx, { query, reply }) {
      return (await answer(await getVersion(ctx), query, reply)) as z.input<typeof wholeVersion>
    },
  }),
  route({
    method: 'GET',
    path: '/policy/versions',
    summary: 'Every policy that was ever in force, newest first',
    tag,
    access: 'member',
    query: z.strictObject(pageQuery('pol')),
    response: pageSchema(versionShape),
    async handle(ctx, { query }) {
      const page = pageOf('pol', query)
      return toPage('pol', page, await listVersions(ctx, page), versionView)
    },
  }),
  route({
    method: 'GET',
    path: '/policy/versions/:version',
    summary: 'One version, also one that is no longer in force: the file, or the document for people',
    tag,
    access: 'member',
    params: z.object({ version: pathId('pol') }),
    query: documentQuery,
    response: wholeVersion,
    async handle(ctx, { params, query, reply }) {
      return (await answer(await getVersion(ctx, params.version), query, reply)) as z.input<
        typeof wholeVersion
      >
    },
  }),
]
