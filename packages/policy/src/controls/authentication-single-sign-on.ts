import { defineControl } from './control.ts'

/** One sign-on serves the applications of the platform. */
export const singleSignOn = defineControl({
  id: 'authentication.single-sign-on',
  section: 'sessions',
  title: { en: 'Single sign-on', he: 'כניסה אחת לכל היישומים' },
  settings: ['authentication.session.singleSignOn', 'applications'],
  enforcement: 'enforced',
  mapping: {
    soc2: ['CC6.1'],
    iso27001_2013: ['A.9.4.2'],
    iso27001_2022: ['A.5.16', 'A.8.5'],
  },
  applies: ({ authentication, applications }) =>
    authentication.session.singleSignOn && Object.keys(applications).length > 1,
  statement: {
    en: ({ applications }, w) => [
      `One sign-on serves ${w.count(Object.keys(applications).length, { one: 'the application', many: 'applications' })}: ${w.list(Object.entries(applications).map(([name, { title }]) => w.text(title ?? name)))}.`,
      'Signing out of one signs out of all.',
    ],
    he: ({ applications }, w) => [
      `כניסה אחת משרתת ${w.count(Object.keys(applications).length, { one: 'יישום אחד', two: 'שני יישומים', many: 'יישומים' })}: ${w.list(Object.entries(applications).map(([name, { title }]) => w.text(title ?? name)))}.`,
      'יציאה מיישום אחד היא יציאה מכולם.',
    ],
  },
})
