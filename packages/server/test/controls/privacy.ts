/** What people are promised about their own data. @module */
import { sql } from 'kysely'
import type { Flip } from '#test/controls'

export const privacy: readonly Flip[] = [
  {
    control: 'privacy',
    setting: 'privacy',
    at: 'privacy.consents',
    rule: '[SA-14] consent is asked for the purposes that the policy names',
    values: [
      [[{ purpose: 'news', title: 'News' }], [['news'], 200]],
      [[], [[], 'privacy.unknown_purpose']],
    ],
    async observe({ app, person }) {
      const { tokens: as } = await person('guest')
      const { body } = await app.request('GET', '/me/consents', { as })
      const given = await app.request('POST', '/me/consents', { as, body: { purpose: 'news' } })
      const purposes = body.items.map(({ purpose }: { purpose: string }) => purpose)
      return [purposes, given.body.code ?? given.status]
    },
  },
  {
    control: 'privacy',
    setting: 'privacy',
    at: 'privacy.export',
    rule: '[SA-14] people take their data along where the policy lets them',
    values: [
      [true, 200],
      [false, 'privacy.export_off'],
    ],
    async observe({ app, person }) {
      const { tokens: as } = await person('guest')
      const { status, body } = await app.request('GET', '/me/export', { as })
      return body.code ?? status
    },
  },
  {
    control: 'privacy',
    setting: 'privacy',
    at: 'privacy.erasure',
    rule: '[SA-14] clear values are erased from the log where the policy lets them be',
    values: [
      [true, 200],
      [false, 'audit.erasure_off'],
    ],
    async observe({ app, path, person, member }) {
      const { tokens: as } = await person('owner')
      const { wire } = await member('guest')
      const answer = await app.request('POST', `${path}/audit/erasures`, { as, body: { user: wire.user } })
      return answer.body.code ?? answer.status
    },
  },
  {
    control: 'privacy',
    setting: 'privacy',
    at: 'privacy.accessLog',
    rule: '[SA-14] looking at a person is logged where the policy has it logged',
    values: [
      [true, ['member']],
      [false, []],
    ],
    async observe({ app, path, person }) {
      const [admin, guest] = [await person('admin'), await person('guest')]
      await app.request('GET', `${path}/members/${guest.wire.member}`, { as: admin.tokens })
      const { body } = await app.request('GET', '/me/access-log', { as: guest.tokens })
      return body.items.map(({ what }: { what: string }) => what)
    },
  },
  {
    control: 'privacy',
    setting: 'audit.personalSeconds',
    at: 'audit.personal',
    rule: '[SA-14] clear values in the log end after the time that the policy sets',
    values: [
      ['1d', 'erased'],
      ['30d', 'clear'],
    ],
    async observe({ app, slug, person }) {
      await person('guest')
      app.clock.advance(2 * 86_400)
      await app.jobs.runOnce()
      const { id } = await app.organization(slug)
      const { rows } = await app.ownerDb.transaction(`org:${id}`, (tx) =>
        sql`select from audit_personal where organization_id = ${id}`.execute(tx),
      )
      return rows.length === 0 ? 'erased' : 'clear'
    },
  },
]
