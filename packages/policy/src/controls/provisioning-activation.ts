import type { Policy } from '../model.ts'
import { defineControl } from './control.ts'

const asked = ({ provisioning: p }: Policy) =>
  p.verifyEmail || p.activationMail || p.completeProfile !== 'off'

/** What happens by mail before an account is used. */
export const provisioningActivation = defineControl({
  id: 'provisioning.activation',
  section: 'granting',
  title: { en: 'Activation', he: 'הפעלת חשבון' },
  settings: [
    'provisioning.verifyEmail',
    'provisioning.activationMail',
    'provisioning.completeProfile',
    'authentication.links.verifySeconds',
  ],
  enforcement: 'enforced',
  mapping: {
    soc2: ['CC6.2'],
    iso27001_2013: ['A.9.2.1'],
    iso27001_2022: ['A.5.16'],
  },
  applies: asked,
  statement: {
    en: ({ provisioning: p, authentication: { links } }, w) => [
      ...(p.activationMail ? ['The user is told of the new account by e-mail.'] : []),
      ...(p.verifyEmail
        ? [`The e-mail address is verified by a link that works for ${w.duration(links.verifySeconds)}.`]
        : []),
      ...(p.completeProfile === 'encouraged' ? ['The user is encouraged to complete the profile.'] : []),
      ...(p.completeProfile === 'required'
        ? ['The profile has to be complete before the account is used.']
        : []),
    ],
    he: ({ provisioning: p, authentication: { links } }, w) => [
      ...(p.activationMail ? ['המשתמש מקבל הודעה בדוא״ל על החשבון החדש.'] : []),
      ...(p.verifyEmail ? [`כתובת הדוא״ל מאומתת בקישור שתוקפו ${w.duration(links.verifySeconds)}.`] : []),
      ...(p.completeProfile === 'encouraged' ? ['המשתמש מוזמן להשלים את הפרופיל.'] : []),
      ...(p.completeProfile === 'required' ? ['יש להשלים את הפרופיל לפני השימוש בחשבון.'] : []),
    ],
  },
})
