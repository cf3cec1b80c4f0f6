/** What the platform's own permissions are called in the document. @module */
import { ownPermissionsByName } from '../catalogue.ts'
import type { Words } from '../controls/index.ts'

const HEBREW_RESOURCES: Readonly<Record<string, string>> = {
  organization: 'הארגון',
  members: 'חברים',
  invites: 'הזמנות',
  roles: 'תפקידים',
  policy: 'המדיניות',
  audit: 'יומן הביקורת',
  decisions: 'הכרעות',
  resources: 'משאבים רשומים',
  sessions: 'חיבורים',
  applications: 'יישומים',
  billing: 'חיוב',
  settings: 'הגדרות',
  organizations: 'כלל הארגונים',
  'platform-audit': 'יומן הפלטפורמה',
}

const HEBREW: Readonly<Record<string, string>> = {
  'read:organization': 'צפייה בסקירת הארגון',
  'update:organization': 'שינוי שם, אנשי קשר, שפה ופרטים אחרים של הארגון',
  'delete:organization': 'מחיקת הארגון',
  'transfer:organization': 'העברת הבעלות לחבר אחר',
  'read:members': 'צפייה בחברים',
  'create:members': 'יצירת חשבונות בארגון',
  'update:members': 'שינוי הפרופיל של חבר',
  'deactivate:members': 'השבתת חבר: חיבורים, אסימונים ומפתחות מסתיימים מיד',
  'reactivate:members': 'הפעלה מחדש של חבר מושבת',
  'delete:members': 'מחיקת חבר לצמיתות; היסטוריית הביקורת נשארת',
  'reset-password:members': 'איפוס סיסמה של חבר',
  'read:invites': 'צפייה בהזמנות ממתינות',
  'create:invites': 'הזמנת אנשים ושליחת הזמנה מחדש',
  'revoke:invites': 'ביטול הזמנה ממתינה',
  'read:roles': 'צפייה בתפקידים ובמי שמחזיק בהם',
  'assign:roles': 'מתן תפקידים ונטילתם, במסגרת מה שהתפקיד העצמי רשאי לתת',
  'read:policy': 'קריאת המדיניות שבתוקף וגרסאותיה',
  'read:audit': 'קריאת יומן הביקורת של הארגון',
  'export:audit': 'ייצוא יומן הביקורת עם הוכחותיו',
  'check:decisions': 'בדיקה אם אדם אחר רשאי לעשות דבר',
  'search:decisions': 'חיפוש מי רשאי, על מה, ומה אדם רשאי לעשות',
  'explain:decisions': 'צפייה במסלול המלא של הכרעה',
  'read:resources': 'צפייה במשאבים רשומים',
  'register:resources': 'רישום משאבים ושינוי מאפייניהם ומצבם',
  'read:sessions': 'צפייה בחיבורים של חברים אחרים',
  'revoke:sessions': 'סיום חיבורים של חברים אחרים',
  'read:applications': 'צפייה ביישומים החולקים את הכניסה',
  'manage:applications': 'רישום יישומים ושינוים',
  'read:billing': 'צפייה בתוכנית, במושבים ובשימוש',
  'manage:billing': 'שינוי התוכנית והמושבים',
  'read:settings': 'צפייה בהגדרות הארגון',
  'update:settings': 'שינוי הגדרות הארגון',
  'read:organizations': 'צפייה בכל הארגונים',
  'create:organizations': 'יצירת ארגון',
  'suspend:organizations': 'השעיית ארגון והשבתו',
  'move:members': 'העברת חבר לארגון אחר',
  'read:platform-audit': 'קריאת יומן הביקורת של הפלטפורמה עצמה',
}

/** The catalogue says organization; the document says what this policy calls it. */
function inItsWords(text: string, words: Words): string {
  if (words.language === 'he')
    return text.replaceAll('ארגונים', words.organizations).replaceAll('ארגון', words.organization)
  return text
    .replaceAll('organizations', words.organizations)
    .replaceAll('an organization', words.anOrganization)
    .replaceAll('organization', words.organization)
}

/** What holding it allows; undefined for a permission of the application. English where no translation is known. */
export function ownPermissionText(name: string, words: Words): string | undefined {
  const own = ownPermissionsByName.get(name)
  if (own === undefined) return undefined
  return inItsWords((words.language === 'he' ? HEBREW[name] : undefined) ?? own.description, words)
}

/** Heading of a group of the platform's own permissions. */
export function ownResourceTitle(name: string, words: Words): string {
  const translated = words.language === 'he' ? HEBREW_RESOURCES[name] : undefined
  const title = inItsWords(translated ?? name.replaceAll('-', ' '), words)
  return title.charAt(0).toUpperCase() + title.slice(1)
}
