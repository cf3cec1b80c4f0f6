import type { Policy } from '../model.ts'
import { defineControl } from './control.ts'

/** Where the file names no roles: every role of an organization that is not privileged. */
function machineRoles({ serviceAccounts, roles }: Policy): readonly string[] {
  if (serviceAccounts.roles.length > 0) return serviceAccounts.roles
  return roles
    .filter(({ scope, privileged }) => scope === 'organization' && !privileged)
    .map(({ name }) => name)
}

/** Machines have identities of their own. */
export const serviceAccounts = defineControl({
  id: 'service-accounts',
  section: 'machines',
  title: { en: 'Service accounts and API keys', he: 'חשבונות שירות ומפתחות API' },
  settings: [
    'serviceAccounts.roles',
    'serviceAccounts.rotateEverySeconds',
    'serviceAccounts.overlapSeconds',
    'serviceAccounts.flagUnusedSeconds',
  ],
  enforcement: 'declared',
  mapping: {
    soc2: ['CC6.1', 'CC6.3'],
    iso27001_2013: ['A.9.2.3', 'A.9.2.4'],
    iso27001_2022: ['A.5.16', 'A.5.17', 'A.8.2'],
    gdpr: ['Art. 32(1)(b)'],
  },
  applies: ({ authentication: { methods } }) =>
    methods.includes('serviceAccount') || methods.includes('apiKey'),
  statement: {
    en: (policy, w) => {
      const { rotateEverySeconds, overlapSeconds, flagUnusedSeconds } = policy.serviceAccounts
      const overlap = `old and new both work for ${w.duration(overlapSeconds)}`
      return [
        `A service account belongs to one ${w.organization}, has credentials and a role of its own (${w.anyRole(machineRoles(policy))}), and appears in the log as itself. It passes the same checks as a person and can be revoked at once; every change to it is logged.`,
        rotateEverySeconds === undefined
          ? `When its secret is replaced, ${overlap}.`
          : `Its secret is replaced ${w.every(rotateEverySeconds)}; ${overlap}.`,
        `Service accounts and keys that were not used for ${w.duration(flagUnusedSeconds)} are reported.`,
      ]
    },
    he: (policy, w) => {
      const { rotateEverySeconds, overlapSeconds, flagUnusedSeconds } = policy.serviceAccounts
      const overlap = `הישן והחדש פועלים שניהם במשך ${w.duration(overlapSeconds)}`
      return [
        `חשבון שירות שייך ל${w.organization} אחד, יש לו אמצעי הזדהות ותפקיד משלו (${w.anyRole(machineRoles(policy))}), והוא מופיע ביומן בשמו שלו. הוא עובר אותן בדיקות כמו אדם וניתן לבטלו מיד; כל שינוי בו נרשם ביומן.`,
        rotateEverySeconds === undefined
          ? `כאשר הסוד שלו מוחלף, ${overlap}.`
          : `הסוד שלו מוחלף ${w.every(rotateEverySeconds)}; ${overlap}.`,
        `על חשבונות שירות ומפתחות שלא נעשה בהם שימוש במשך ${w.duration(flagUnusedSeconds)} נמסר דיווח.`,
      ]
    },
  },
})
