import type { Signal } from '../model.ts'
import { defineControl } from './control.ts'
import type { Language, Words } from './words/index.ts'

type When = Signal['when']
type Action = Signal['actions'][number]

const NAMES: Readonly<Record<Language, Readonly<Record<When, string>>>> = {
  en: {
    signInFailed: 'Failed sign-ins',
    locked: 'Locked accounts',
    newLocation: 'Sign-in from an unusual place',
    denied: 'Refused actions',
    privilegeEscalation: 'Attempts to gain privileges',
    unusualAccess: 'Unusual access to data',
    refreshReuse: 'A spent refresh token used again',
    unusualRefresh: 'An unusual pattern of token refreshes',
    roleChanged: 'Changes of roles',
    breakGlassOpened: 'Emergency access opened',
    impersonationStarted: 'Impersonation started',
  },
  he: {
    signInFailed: 'ניסיונות כניסה כושלים',
    locked: 'חשבונות שננעלו',
    newLocation: 'כניסה ממקום חריג',
    denied: 'פעולות שנדחו',
    privilegeEscalation: 'ניסיונות להשגת הרשאות',
    unusualAccess: 'גישה חריגה לנתונים',
    refreshReuse: 'שימוש חוזר באסימון רענון שנוצל',
    unusualRefresh: 'דפוס חריג של רענון אסימונים',
    roleChanged: 'שינויי תפקיד',
    breakGlassOpened: 'פתיחת גישת חירום',
    impersonationStarted: 'תחילת פעולה בשם משתמש אחר',
  },
}

const ACTIONS: Readonly<Record<Language, Readonly<Record<Action, string>>>> = {
  en: {
    alert: 'alert',
    incident: 'open an investigation',
    lock: 'lock the account',
    revokeSessions: 'end its sessions',
    suspendPrivileges: 'suspend its privileges',
  },
  he: {
    alert: 'התראה',
    incident: 'פתיחת חקירה',
    lock: 'נעילת החשבון',
    revokeSessions: 'סיום החיבורים שלו',
    suspendPrivileges: 'השעיית ההרשאות שלו',
  },
}

function sentence(signal: Signal, w: Words): string {
  const { title, when, count, withinSeconds, actions } = signal
  const name = title === undefined ? NAMES[w.language][when] : w.text(title)
  const [what, threshold] =
    w.language === 'he'
      ? [
          w.list(actions.map((action) => ACTIONS.he[action])),
          ` (${w.number(count)} בתוך ${w.duration(withinSeconds)})`,
        ]
      : [
          w.list(actions.map((action) => ACTIONS.en[action])),
          ` (${w.number(count)} within ${w.duration(withinSeconds)})`,
        ]
  return `${name}${count > 1 ? threshold : ''}: ${what}.`
}

/** What is noticed while it happens. */
export const signals = defineControl({
  id: 'signals',
  section: 'logging',
  title: { en: 'Alerts', he: 'התראות' },
  settings: ['signals'],
  enforcement: 'declared',
  layout: 'list',
  mapping: {
    soc2: ['CC7.2', 'CC7.3'],
    iso27001_2013: ['A.12.4.1', 'A.16.1.2'],
    iso27001_2022: ['A.5.25', 'A.8.16'],
    gdpr: ['Art. 32(1)(d)', 'Art. 33'],
  },
  applies: ({ signals: list }) => list.length > 0,
  statement: {
    en: ({ signals: list }, w) => [
      'What follows is noticed as it happens.',
      ...list.map((signal) => sentence(signal, w)),
    ],
    he: ({ signals: list }, w) => [
      'האירועים שלהלן מזוהים בעת התרחשותם.',
      ...list.map((signal) => sentence(signal, w)),
    ],
  },
})
