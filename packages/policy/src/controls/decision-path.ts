import { defineControl } from './control.ts'

/** One decision, whichever way somebody comes. */
export const decisionPath = defineControl({
  id: 'decision-path',
  section: 'principles',
  title: { en: 'One decision on every way in', he: 'הכרעה אחת בכל דרך גישה' },
  enforcement: 'enforced',
  mapping: {
    soc2: ['CC6.1', 'CC6.3'],
    iso27001_2013: ['A.9.4.1'],
    iso27001_2022: ['A.5.15', 'A.8.3'],
    gdpr: ['Art. 25'],
  },
  statement: {
    en: (_policy, w) => [
      `Before any action the platform establishes, in this order: who is asking; that the account and the membership are active; that a mandatory second factor was given; that the resource belongs to the ${w.organization}; that a role permits the action and its conditions hold; that the state of the resource allows it; and that the sign-in is recent enough for a sensitive action.`,
      'The server decides. The same question gets the same answer from every interface, and what an interface hides or disables is refused by the server too.',
      'Standing is read anew for each request, so that a change is felt by the very next one.',
    ],
    he: (_policy, w) => [
      `לפני כל פעולה בודקת הפלטפורמה, בסדר זה: מי המבקש; שהחשבון והחברות פעילים; שניתן גורם שני היכן שהוא חובה; שהמשאב שייך ל${w.organization}; שתפקיד מתיר את הפעולה ותנאיו מתקיימים; שמצב המשאב מאפשר אותה; ושההזדהות טרייה דיה לפעולה רגישה.`,
      'השרת הוא המכריע. אותה שאלה מקבלת אותה תשובה מכל ממשק, ומה שהממשק מסתיר או משבית נדחה גם בידי השרת.',
      'המעמד נקרא מחדש בכל בקשה, ולכן כל שינוי מורגש כבר בבקשה הבאה.',
    ],
  },
})
