import { defineControl } from './control.ts'

/** Emergency access. */
export const breakGlass = defineControl({
  id: 'break-glass',
  section: 'privileged',
  title: { en: 'Emergency access', he: 'גישת חירום' },
  settings: ['breakGlass'],
  enforcement: 'declared',
  mapping: {
    soc2: ['CC6.1', 'CC7.4'],
    iso27001_2013: ['A.9.2.3'],
    iso27001_2022: ['A.5.18', 'A.8.2'],
    gdpr: ['Art. 32(1)(c)'],
  },
  applies: ({ breakGlass: rule }) => rule !== undefined,
  statement: {
    en: ({ breakGlass: rule }, w) =>
      rule === undefined
        ? []
        : [
            `In an emergency the role ${w.role(rule.role)} is opened by ${w.number(rule.approvals)} different people among ${w.roles(rule.approvers)}, for at most ${w.duration(rule.maxSeconds)}.`,
            `While it is open, ${rule.detail === 'enhanced' ? 'everything is logged in enhanced detail' : 'everything is logged'}${rule.alert.length > 0 ? `, and ${w.roles(rule.alert)} are told at once` : ''}.`,
            `Afterwards the access is closed, and a review opens by itself, due within ${w.duration(rule.reviewSeconds)}.`,
          ],
    he: ({ breakGlass: rule }, w) =>
      rule === undefined
        ? []
        : [
            `במצב חירום נפתח התפקיד ${w.role(rule.role)} בידי ${w.count(rule.approvals, { one: 'אדם אחד', two: 'שני אנשים שונים', many: 'אנשים שונים' })} מבין ${w.roles(rule.approvers)}, למשך ${w.duration(rule.maxSeconds)} לכל היותר.`,
            `כל עוד הגישה פתוחה, ${rule.detail === 'enhanced' ? 'הכול נרשם בפירוט מוגבר' : 'הכול נרשם'}${rule.alert.length > 0 ? `, והודעה נשלחת מיד אל: ${w.roles(rule.alert)}` : ''}.`,
            `לאחר מכן הגישה נסגרת, וסקירה נפתחת מאליה ומועדה בתוך ${w.duration(rule.reviewSeconds)}.`,
          ],
  },
})
