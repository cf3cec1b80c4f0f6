import type { Organizations } from '../model.ts'
import { defineControl } from './control.ts'
import type { Language } from './words/index.ts'

const NEEDS: Readonly<
  Record<Language, Readonly<Record<Organizations['moves']['requires'][number], string>>>
> = {
  en: { reason: 'a reason', reference: 'a reference to where it is documented' },
  he: { reason: 'נימוק', reference: 'הפניה למקום שבו המעבר מתועד' },
}

/** Moving somebody to another organization. */
export const memberMoves = defineControl({
  id: 'member-moves',
  section: 'granting',
  title: { en: 'Moving a user', he: 'העברת משתמש' },
  settings: ['organizations.moves.requires'],
  enforcement: 'enforced',
  mapping: {
    soc2: ['CC6.2', 'CC6.3'],
    iso27001_2013: ['A.9.2.2', 'A.9.2.6'],
    iso27001_2022: ['A.5.18'],
  },
  applies: ({ organizations, roles }) =>
    organizations.membership === 'one' && roles.some(({ scope }) => scope === 'platform'),
  statement: {
    en: ({ organizations: { moves } }, w) => [
      moves.requires.length > 0
        ? `A user is moved to another ${w.organization} by a platform role only, with ${w.list(moves.requires.map((need) => NEEDS.en[need]))}.`
        : `A user is moved to another ${w.organization} by a platform role only.`,
    ],
    he: ({ organizations: { moves } }, w) => [
      moves.requires.length > 0
        ? `העברת משתמש ל${w.organization} אחר נעשית בידי תפקיד פלטפורמה בלבד, בצירוף ${w.list(moves.requires.map((need) => NEEDS.he[need]))}.`
        : `העברת משתמש ל${w.organization} אחר נעשית בידי תפקיד פלטפורמה בלבד.`,
    ],
  },
})
