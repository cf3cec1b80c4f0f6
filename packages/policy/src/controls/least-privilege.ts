import { defineControl } from './control.ts'

/** What is not granted is refused. */
export const leastPrivilege = defineControl({
  id: 'least-privilege',
  section: 'principles',
  title: { en: 'Least privilege', he: 'הרשאה מזערית' },
  settings: ['roles'],
  enforcement: 'enforced',
  mapping: {
    soc2: ['CC6.1', 'CC6.3'],
    iso27001_2013: ['A.9.1.1', 'A.9.2.2', 'A.9.4.1'],
    iso27001_2022: ['A.5.15', 'A.8.3'],
    gdpr: ['Art. 5(1)(f)', 'Art. 25(2)'],
  },
  statement: {
    en: () => [
      'Nothing is permitted by default. A role has the permissions this policy lists for it and no others, and an account has no permissions but those of its roles.',
      'Whatever the policy does not know is refused, and so is a request that cannot be decided.',
    ],
    he: () => [
      'שום דבר אינו מותר כברירת מחדל. לתפקיד יש ההרשאות שמדיניות זו מונה עבורו ולא אחרות, ולחשבון אין הרשאות מלבד אלה של תפקידיו.',
      'כל מה שהמדיניות אינה מכירה נדחה, וכך גם בקשה שלא ניתן להכריע בה.',
    ],
  },
})
