import type { Authentication } from '../model.ts'
import { defineControl } from './control.ts'
import type { Language } from './words/index.ts'

const METHODS: Readonly<Record<Language, Readonly<Record<Authentication['methods'][number], string>>>> = {
  en: {
    password: 'e-mail address with a password',
    passkey: 'passkeys',
    accessToken: 'access tokens for the API',
    apiKey: 'API keys',
    serviceAccount: 'service accounts',
    internalSecret: 'a secret between internal services',
    webhookSignature: 'signatures on incoming webhooks',
  },
  he: {
    password: 'כתובת דוא״ל עם סיסמה',
    passkey: 'מפתחות גישה (passkeys)',
    accessToken: 'אסימוני גישה ל-API',
    apiKey: 'מפתחות API',
    serviceAccount: 'חשבונות שירות',
    internalSecret: 'סוד משותף בין שירותים פנימיים',
    webhookSignature: 'חתימות על webhooks נכנסים',
  },
}

/** The ways to authenticate that exist, and no others. */
export const authenticationMethods = defineControl({
  id: 'authentication.methods',
  section: 'authentication',
  title: { en: 'Ways to authenticate', he: 'דרכי הזדהות' },
  settings: ['authentication.methods'],
  stricter: ['authentication.methods'],
  enforcement: 'enforced',
  mapping: {
    soc2: ['CC6.1'],
    iso27001_2013: ['A.9.4.2'],
    iso27001_2022: ['A.5.16', 'A.8.5'],
    gdpr: ['Art. 32(1)(b)'],
  },
  statement: {
    en: ({ authentication }, w) => [
      `Only these ways to authenticate are permitted: ${w.list(authentication.methods.map((m) => METHODS.en[m]))}.`,
      `A credential belongs to one ${w.organization} and opens nothing in another.`,
    ],
    he: ({ authentication }, w) => [
      `מותרות רק דרכי ההזדהות הבאות: ${w.list(authentication.methods.map((m) => METHODS.he[m]))}.`,
      `אמצעי הזדהות שייך ל${w.organization} אחד ואינו פותח דבר ב${w.organization} אחר.`,
    ],
  },
})
