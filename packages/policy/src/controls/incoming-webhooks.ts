import type { WebhookPolicy } from '../model.ts'
import { defineControl } from './control.ts'
import type { Words } from './words/index.ts'

const SCHEMES: Readonly<Record<WebhookPolicy['incoming'][number]['scheme'], string>> = {
  twilio: 'HMAC-SHA1',
  'hmac-sha1': 'HMAC-SHA1',
  'hmac-sha256': 'HMAC-SHA256',
  'standard-webhooks': 'Standard Webhooks',
}

const listed = ({ incoming }: WebhookPolicy, w: Words): string =>
  w.list(
    incoming.map(({ provider, title, scheme, header }) => {
      const by = header === undefined ? SCHEMES[scheme] : `${SCHEMES[scheme]}, ${header}`
      return `${w.text(title ?? provider)} (${by})`
    }),
  )

/** Nothing unsigned comes in. */
export const incomingWebhooks = defineControl({
  id: 'incoming-webhooks',
  section: 'machines',
  title: { en: 'Incoming webhooks', he: 'Webhooks נכנסים' },
  settings: ['webhooks.incoming'],
  enforcement: 'declared',
  mapping: {
    soc2: ['CC6.6', 'CC6.7'],
    iso27001_2013: ['A.9.1.2', 'A.13.1.1', 'A.13.2.1'],
    iso27001_2022: ['A.5.14', 'A.8.20', 'A.8.21'],
    gdpr: ['Art. 32(1)(b)'],
  },
  applies: ({ webhooks }) => webhooks.incoming.length > 0,
  statement: {
    en: ({ webhooks }, w) => [
      `Webhooks are accepted from ${listed(webhooks, w)}. Without a signature, or with a wrong one, they are refused.`,
    ],
    he: ({ webhooks }, w) => [
      `מתקבלים webhooks מאת ${listed(webhooks, w)}. בלי חתימה, או עם חתימה שגויה, הם נדחים.`,
    ],
  },
})
