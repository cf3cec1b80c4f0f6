import { defineControl } from './control.ts'

/** People who come by themselves. */
export const selfRegistration = defineControl({
  id: 'provisioning.self-registration',
  section: 'granting',
  title: { en: 'Self-registration', he: 'הרשמה עצמית' },
  settings: ['provisioning.selfRegister'],
  enforcement: 'enforced',
  mapping: {
    soc2: ['CC6.2'],
    iso27001_2013: ['A.9.2.1'],
    iso27001_2022: ['A.5.16'],
    gdpr: ['Art. 32(4)'],
  },
  applies: ({ provisioning }) => provisioning.selfRegister.length > 0,
  statement: {
    en: ({ provisioning: { selfRegister } }, w) => [
      `People may register themselves as ${w.anyRole(selfRegister)}, and as nothing else.`,
    ],
    he: ({ provisioning: { selfRegister } }, w) => [
      `הרשמה עצמית אפשרית בתפקיד ${w.anyRole(selfRegister)} בלבד.`,
    ],
  },
})
