import type { Policy, SessionPolicy } from '../model.ts'
import { defineControl } from './control.ts'
import type { Language, Words } from './words/index.ts'

type Occasion = SessionPolicy['rotateOn'][number]

const OCCASIONS: Readonly<Record<Language, Readonly<Record<Occasion, (w: Words) => string>>>> = {
  en: {
    privilegeChange: () => "the user's privileges change",
    stepUp: () => 'the user proves their identity again',
    switch: (w) => `the user turns to another ${w.organization}`,
  },
  he: {
    privilegeChange: () => 'הרשאות המשתמש משתנות',
    stepUp: () => 'המשתמש מזדהה מחדש',
    switch: (w) => `המשתמש עובר ל${w.organization} אחר`,
  },
}

/** Occasions that can arise: nobody switches who belongs to one organization only. */
const occasions = ({ authentication, organizations }: Policy): readonly Occasion[] =>
  authentication.session.rotateOn.filter((on) => on !== 'switch' || organizations.membership === 'many')

/** Sessions end, and their ids change. */
export const session = defineControl({
  id: 'authentication.session',
  section: 'sessions',
  title: { en: 'Sessions', he: 'חיבורים' },
  settings: [
    'authentication.session.idleSeconds',
    'authentication.session.absoluteSeconds',
    'authentication.session.rotateOn',
  ],
  stricter: ['authentication.session.idle', 'authentication.session.absolute'],
  enforcement: 'enforced',
  mapping: {
    soc2: ['CC6.1'],
    iso27001_2013: ['A.9.4.2'],
    iso27001_2022: ['A.8.1', 'A.8.5'],
    gdpr: ['Art. 32(1)(b)'],
  },
  statement: {
    en: (policy, w) => {
      const { idleSeconds, absoluteSeconds } = policy.authentication.session
      return [
        idleSeconds === absoluteSeconds
          ? `A session ends ${w.duration(absoluteSeconds)} after sign-in.`
          : `A session ends after ${w.duration(idleSeconds)} without activity, and in any case ${w.duration(absoluteSeconds)} after sign-in.`,
        'The session cookie is sent over HTTPS only and cannot be read by scripts.',
        ...(occasions(policy).length > 0
          ? [
              `Its id is replaced when ${w.anyOf(occasions(policy).map((on) => OCCASIONS.en[on](w)))}; the session itself goes on.`,
            ]
          : []),
        'Signing out ends the session and clears the cookie.',
      ]
    },
    he: (policy, w) => {
      const { idleSeconds, absoluteSeconds } = policy.authentication.session
      return [
        idleSeconds === absoluteSeconds
          ? `חיבור מסתיים ${w.duration(absoluteSeconds)} לאחר הכניסה.`
          : `חיבור מסתיים לאחר ${w.duration(idleSeconds)} ללא פעילות, ובכל מקרה ${w.duration(absoluteSeconds)} לאחר הכניסה.`,
        'עוגיית החיבור נשלחת ב-HTTPS בלבד ואינה נגישה לתסריטים בדפדפן.',
        ...(occasions(policy).length > 0
          ? [
              `מזהה החיבור מוחלף כאשר ${w.anyOf(occasions(policy).map((on) => OCCASIONS.he[on](w)))}; החיבור עצמו נמשך.`,
            ]
          : []),
        'יציאה מן המערכת מסיימת את החיבור ומוחקת את העוגייה.',
      ]
    },
  },
})
