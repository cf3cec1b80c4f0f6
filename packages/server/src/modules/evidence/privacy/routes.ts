/** @module */
import { z } from 'zod'
import { type Route, route } from '#platform/http'
import { toWire } from '#platform/ids'
import { pageOf, pageQuery, pageSchema, toPage } from '#platform/pages'
import { exportOwnData } from './commands/export-own-data.ts'
import { giveConsent } from './commands/give-consent.ts'
import { withdrawConsent } from './commands/withdraw-consent.ts'
import { type ConsentRow, listConsents, listReads } from './queries.ts'

const tag = 'Me'

const purposeField = z.string().min(1).max(100)

const consentShape = z.object({
  purpose: z.string(),
  title: z.string().nullable().describe('Null: the policy asks for it no more'),
  required: z.boolean(),
  given: z.boolean(),
  policyVersion: z.string().nullable().describe('The document that it was given to last'),
  givenAt: z.string().nullable(),
  givenBy: z.string().nullable().describe('cookie: on a page. bearer: by a program'),
  withdrawnAt: z.string().nullable(),
})

function consentView(row: ConsentRow): z.input<typeof consentShape> {
  return {
    ...row,
    givenAt: row.givenAt?.toISOString() ?? null,
    withdrawnAt: row.withdrawnAt?.toISOString() ?? null,
  }
}

export const privacyRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/me/consents',
    summary: 'What you are asked consent for, and what you have given',
    tag,
    access: 'member',
    response: z.object({ items: z.array(consentShape) }),
    handle: async (ctx) => ({ items: (await listConsents(ctx)).map(consentView) }),
  }),
  route({
    method: 'POST',
    path: '/me/consents',
    summary: 'Give your consent to a purpose, under the policy in force',
    tag,
    access: 'member',
    body: z.strictObject({ purpose: purposeField }),
    response: consentShape,
    handle: async (ctx, { body }) => consentView(await giveConsent(ctx, body.purpose)),
  }),
  route({
    method: 'DELETE',
    path: '/me/consents/:purpose',
    summary: 'Withdraw a consent',
    tag,
    access: 'member',
    params: z.object({ purpose: z.string().max(200) }),
    async handle(ctx, { params }) {
      await withdrawConsent(ctx, params.purpose)
    },
  }),
  route({
    method: 'GET',
    path: '/me/export',
    summary: 'Everything that is held about you, as one JSON document; takes a fresh sign-in',
    tag,
    access: 'member',
    produces: 'application/json',
    async handle(ctx, { reply, request }) {
      const stream = await exportOwnData(ctx)
      // The status is sent by now: a reader learns of a failure by a document that does not end.
      stream.on('error', (err) => request.log.error({ err }, 'an export of personal data broke off'))
      return reply
        .type('application/json')
        .header('content-disposition', 'attachment; filename="my-data.json"')
        .send(stream)
    },
  }),
  route({
    method: 'GET',
    path: '/me/access-log',
    summary: 'Who looked at your data in this organization, newest first; once an hour for each reader',
    tag,
    access: 'member',
    query: z.strictObject(pageQuery('evt')),
    response: pageSchema(
      z.object({
        id: z.string(),
        at: z.string(),
        what: z.string().describe('member, sessions, audit_events; members, audit_log: everybody’s'),
        count: z.number().nullable().describe('How many people a list showed'),
        reader: z.object({
          kind: z.string(),
          id: z.string().nullable(),
          name: z.string().nullable().describe('Null: not a member of this organization'),
        }),
      }),
    ),
    async handle(ctx, { query }) {
      const page = pageOf('evt', query)
      const rows = (await listReads(ctx, page)).map(({ event, reader }) => ({ ...event, reader }))
      return toPage('evt', page, rows, ({ id, leaf, reader }) => {
        const data = (leaf.data ?? {}) as { what?: string; count?: number }
        const { kind, id: actor } = leaf.actor
        const prefix = kind === 'user' ? 'usr' : kind === 'application' ? 'app' : undefined
        return {
          id: toWire('evt', id),
          at: leaf.at,
          what: data.what ?? 'audit_log',
          count: data.count ?? null,
          reader: { kind, id: actor && prefix ? toWire(prefix, actor) : (actor ?? null), name: reader },
        }
      })
    },
  }),
]
