import { defineControl } from './control.ts'

/** QR codes name an action; they grant nothing. */
export const executionCodes = defineControl({
  id: 'execution-codes',
  section: 'machines',
  title: { en: 'QR codes', he: 'קודי QR' },
  settings: ['executionCodes'],
  enforcement: 'declared',
  mapping: {
    soc2: ['CC6.1'],
    iso27001_2013: ['A.9.4.1'],
    iso27001_2022: ['A.8.3', 'A.8.5'],
  },
  applies: ({ executionCodes: rule }) => rule !== undefined && rule.actions.length > 0,
  statement: {
    en: ({ executionCodes: rule }, w) =>
      rule === undefined
        ? []
        : [
            `A QR code may ask for ${w.codes(rule.actions)}. It holds no credential and grants nothing.`,
            `Whoever scans it is signed in, is an active member of its ${w.organization}, holds a role for the action, and finds the target in a state that allows it.`,
            ...(rule.expireSeconds === undefined
              ? []
              : [`A code expires after ${w.duration(rule.expireSeconds)}.`]),
          ],
    he: ({ executionCodes: rule }, w) =>
      rule === undefined
        ? []
        : [
            `קוד QR יכול לבקש ${w.codes(rule.actions)}. אין בו אמצעי הזדהות והוא אינו מעניק דבר.`,
            `מי שסורק אותו מזוהה במערכת, חבר פעיל ב${w.organization} של הקוד, בעל תפקיד המתיר את הפעולה, והיעד נמצא במצב המאפשר אותה.`,
            ...(rule.expireSeconds === undefined
              ? []
              : [`תוקפו של קוד פג לאחר ${w.duration(rule.expireSeconds)}.`]),
          ],
  },
})
