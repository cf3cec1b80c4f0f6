import { defineControl } from './control.ts'

/** A change of role is felt at once and remembered. */
export const roleChanges = defineControl({
  id: 'role-changes',
  section: 'granting',
  title: { en: 'Changing roles', he: 'שינוי תפקידים' },
  enforcement: 'enforced',
  mapping: {
    soc2: ['CC6.3'],
    iso27001_2013: ['A.9.2.2', 'A.9.2.6'],
    iso27001_2022: ['A.5.18'],
    gdpr: ['Art. 5(2)'],
  },
  statement: {
    en: () => [
      'A change of role takes effect with the next request.',
      'The log keeps the previous role, the new one and who made the change; earlier assignments stay readable with the definition of the role that held then.',
    ],
    he: () => [
      'שינוי תפקיד נכנס לתוקף כבר בבקשה הבאה.',
      'היומן שומר את התפקיד הקודם, את החדש ואת מבצע השינוי; הענקות קודמות נשארות קריאות יחד עם הגדרת התפקיד שהייתה בתוקף באותה עת.',
    ],
  },
})
