/** The fixed words of the document, per language. @module */
import type { FrameworkName, Language, Section } from '../controls/index.ts'
import type { Policy } from '../model.ts'

export interface Frame {
  readonly contents: string
  readonly notStated: string
  readonly documentControl: string
  readonly facts: Readonly<
    Record<
      | 'id'
      | 'version'
      | 'classification'
      | 'owner'
      | 'approvedBy'
      | 'effective'
      | 'reviewCycle'
      | 'lastReviewed'
      | 'nextReview',
      string
    >
  >
  readonly classifications: Readonly<Record<Policy['classification'], string>>
  afterEffective(duration: string): string
  readonly sections: Readonly<
    Record<
      | Section
      | 'purpose'
      | 'scope'
      | 'reading'
      | 'matrix'
      | 'mapping'
      | 'attested'
      | 'responsibilities'
      | 'history',
      string
    >
  >
  readonly appliesTo: string
  readonly applications: readonly [caption: string, application: string, purpose: string, works: string]
  readonly reading: Readonly<Record<'enforced' | 'declared' | 'attested', string>>
  readonly declared: string
  readonly attestedMark: string
  attestedBy(owner: string, every: string): string
  counts(enforced: number, declared: number, attested: number): string
  readonly roles: Readonly<
    Record<
      | 'caption'
      | 'role'
      | 'name'
      | 'scope'
      | 'description'
      | 'givenBy'
      | 'includes'
      | 'platform'
      | 'operator'
      | 'nobody'
      | 'none'
      | 'privileged'
      | 'default',
      string
    >
  >
  readonly matrix: Readonly<
    Record<'caption' | 'permission' | 'permitted' | 'conditional' | 'refused' | 'intro' | 'footnotes', string>
  >
  where(condition: string | undefined): string
  readonly thirdParties: Readonly<
    Record<
      | 'caption'
      | 'service'
      | 'access'
      | 'controls'
      | 'need'
      | 'agreement'
      | 'assessment'
      | 'minimum'
      | 'owner'
      | 'review',
      string
    >
  >
  readonly thirdPartyControls: Readonly<Record<Policy['thirdParties'][number]['controls'][number], string>>
  readonly mapping: Readonly<
    Record<
      | 'caption'
      | 'rule'
      | 'state'
      | 'enforced'
      | 'declared'
      | 'clause'
      | 'metBy'
      | 'note'
      | 'notApplicable'
      | 'attested',
      string
    >
  >
  clauseCaption(framework: string): string
  readonly frameworks: Readonly<Record<FrameworkName, string>>
  readonly attested: Readonly<
    Record<'caption' | 'statement' | 'owner' | 'interval' | 'clauses' | 'intro' | 'none', string>
  >
  readonly responsibilities: string
  readonly history: Readonly<
    Record<
      'caption' | 'version' | 'date' | 'author' | 'changes' | 'approval' | 'function' | 'name' | 'signature',
      string
    >
  >
}

const english: Frame = {
  contents: 'Contents',
  notStated: 'Not stated',
  documentControl: 'Document control',
  facts: {
    id: 'Document ID',
    version: 'Version',
    classification: 'Classification',
    owner: 'Owner',
    approvedBy: 'Approved by',
    effective: 'Effective',
    reviewCycle: 'Review cycle',
    lastReviewed: 'Last review',
    nextReview: 'Next review',
  },
  classifications: {
    public: 'Public',
    internal: 'Internal',
    confidential: 'Confidential',
    restricted: 'Restricted',
  },
  afterEffective: (duration) => `${duration} after it takes effect`,
  sections: {
    purpose: 'Purpose',
    scope: 'Scope',
    reading: 'How to read this document',
    principles: 'Principles',
    roles: 'Roles',
    matrix: 'Permissions',
    granting: 'Granting and changing access',
    authentication: 'Authentication',
    sessions: 'Sessions and tokens',
    leaving: 'Ending access',
    reviews: 'Access reviews',
    privileged: 'Privileged access',
    machines: 'Service accounts and automation',
    thirdParties: 'Third parties',
    logging: 'Logging and monitoring',
    incidents: 'Incidents and breaches',
    compliance: 'Data protection and surroundings',
    document: 'This policy',
    mapping: 'Compliance mapping',
    attested: 'Attested statements',
    responsibilities: "Customer's responsibilities",
    history: 'History and approval',
  },
  appliesTo: 'This policy applies to:',
  applications: ['Applications', 'Application', 'Purpose', 'Works on'],
  reading: {
    enforced: 'A rule without a mark is enforced by the platform itself.',
    declared:
      'marks what this policy demands and the release of the platform that produced this document does not enforce. Until it does, people carry it out.',
    attested:
      'marks what no machine can enforce. The function named answers for it and confirms at the interval stated that it holds.',
  },
  declared: 'Declared, not yet enforced',
  attestedMark: 'Attested',
  attestedBy: (owner, every) => `Attested by ${owner}, ${every}`,
  counts: (enforced, declared, attested) =>
    `Rules enforced: ${enforced}. Rules declared: ${declared}. Statements attested: ${attested}.`,
  roles: {
    caption: 'Roles, from most to least privileged',
    role: 'Role',
    name: 'Name',
    scope: 'Scope',
    description: 'Description',
    givenBy: 'Given by',
    includes: 'Includes',
    platform: 'Platform',
    operator: 'The operator, beside the application',
    nobody: 'Nobody in the application',
    none: '–',
    privileged: 'privileged',
    default: 'default',
  },
  matrix: {
    caption: 'Permissions by role',
    permission: 'Permission',
    permitted: 'permitted',
    conditional: 'permitted under the condition',
    refused: 'refused',
    intro: 'A permission that is not listed is held by no role. Anyone not signed in holds none.',
    footnotes: 'Conditions:',
  },
  where: (condition) =>
    condition === undefined ? 'Where this expression holds:' : `Only where ${condition}. As written:`,
  thirdParties: {
    caption: 'Third parties with access',
    service: 'Service',
    access: 'Access',
    controls: 'Controls',
    need: 'Business need',
    agreement: 'Processing agreement',
    assessment: 'Security assessment',
    minimum: 'Least access',
    owner: 'Owner',
    review: 'Reviewed',
  },
  thirdPartyControls: {
    managedSecrets: 'secrets under management',
    audit: 'audit',
    rateLimit: 'rate limiting',
    signedWebhooks: 'signed webhooks',
    tokenRotation: 'token rotation',
    scopedKeys: 'keys of limited scope',
  },
  mapping: {
    caption: 'Rules and the clauses they help to meet',
    rule: 'Rule',
    state: 'State',
    enforced: 'Enforced',
    declared: 'Declared',
    clause: 'Clause',
    metBy: 'Met by',
    note: 'Note',
    notApplicable: 'Not applicable',
    attested: 'attested',
  },
  clauseCaption: (framework) => `${framework}: clauses this policy answers for`,
  frameworks: {
    soc2: 'SOC 2',
    iso27001_2013: 'ISO/IEC 27001:2013',
    iso27001_2022: 'ISO/IEC 27001:2022',
    gdpr: 'GDPR',
  },
  attested: {
    caption: 'Statements, who answers for them, and how often',
    statement: 'Statement',
    owner: 'Owner',
    interval: 'Attested',
    clauses: 'Clauses',
    intro: 'No machine enforces what follows. Each owner confirms at the interval stated that it holds.',
    none: 'This policy makes no statement that would have to be attested.',
  },
  responsibilities: 'Some things only the customer can do. Customers answer for the following:',
  history: {
    caption: 'Versions',
    version: 'Version',
    date: 'Date',
    author: 'Author',
    changes: 'Changes',
    approval: 'Approval',
    function: 'Function',
    name: 'Name',
    signature: 'Signature',
  },
}

const hebrew: Frame = {
  contents: 'תוכן העניינים',
  notStated: 'לא צוין',
  documentControl: 'בקרת המסמך',
  facts: {
    id: 'מזהה המסמך',
    version: 'גרסה',
    classification: 'סיווג',
    owner: 'אחראי למסמך',
    approvedBy: 'אושר בידי',
    effective: 'בתוקף מיום',
    reviewCycle: 'מחזור סקירה',
    lastReviewed: 'סקירה אחרונה',
    nextReview: 'סקירה הבאה',
  },
  classifications: { public: 'פומבי', internal: 'פנימי', confidential: 'חסוי', restricted: 'מוגבל' },
  afterEffective: (duration) => `${duration} לאחר כניסת המדיניות לתוקף`,
  sections: {
    purpose: 'מטרה',
    scope: 'תחולה',
    reading: 'כיצד לקרוא מסמך זה',
    principles: 'עקרונות',
    roles: 'תפקידים',
    matrix: 'הרשאות',
    granting: 'מתן גישה ושינויה',
    authentication: 'הזדהות',
    sessions: 'חיבורים ואסימונים',
    leaving: 'סיום גישה',
    reviews: 'סקירות גישה',
    privileged: 'גישה מיוחסת',
    machines: 'חשבונות שירות ואוטומציה',
    thirdParties: 'צדדים שלישיים',
    logging: 'תיעוד וניטור',
    incidents: 'אירועים והפרות',
    compliance: 'הגנת מידע והסביבה',
    document: 'מדיניות זו',
    mapping: 'מיפוי לתקנים',
    attested: 'הצהרות',
    responsibilities: 'אחריות הלקוח',
    history: 'היסטוריה ואישור',
  },
  appliesTo: 'מדיניות זו חלה על:',
  applications: ['יישומים', 'יישום', 'ייעוד', 'פועל על'],
  reading: {
    enforced: 'כלל ללא סימון נאכף בידי הפלטפורמה עצמה.',
    declared:
      'מסמן את מה שהמדיניות דורשת אך גרסת הפלטפורמה שהפיקה מסמך זה אינה אוכפת. עד שתאכוף, הדבר מבוצע בידי אנשים.',
    attested:
      'מסמן את מה שמכונה אינה יכולה לאכוף. בעל התפקיד הנקוב אחראי לדבר ומאשר במועדים שצוינו שהוא מתקיים.',
  },
  declared: 'מוצהר, טרם נאכף',
  attestedMark: 'הצהרה',
  attestedBy: (owner, every) => `הצהרה של ${owner}, ${every}`,
  counts: (enforced, declared, attested) =>
    `כללים נאכפים: ${enforced}. כללים מוצהרים: ${declared}. הצהרות: ${attested}.`,
  roles: {
    caption: 'התפקידים, מן הרחב בהרשאותיו אל המצומצם',
    role: 'תפקיד',
    name: 'שם',
    scope: 'תחום',
    description: 'תיאור',
    givenBy: 'ניתן בידי',
    includes: 'כולל',
    platform: 'פלטפורמה',
    operator: 'מפעיל המערכת, מחוץ ליישום',
    nobody: 'אינו ניתן ביישום',
    none: '–',
    privileged: 'מיוחס',
    default: 'ברירת מחדל',
  },
  matrix: {
    caption: 'הרשאות לפי תפקיד',
    permission: 'הרשאה',
    permitted: 'מותר',
    conditional: 'מותר בהתקיים התנאי',
    refused: 'אסור',
    intro: 'הרשאה שאינה מופיעה ברשימה אינה נתונה לשום תפקיד. למי שאינו מזוהה אין הרשאה כלשהי.',
    footnotes: 'תנאים:',
  },
  where: (condition) =>
    condition === undefined ? 'כאשר הביטוי הבא מתקיים:' : `רק כאשר ${condition}. כלשונו:`,
  thirdParties: {
    caption: 'צדדים שלישיים בעלי גישה',
    service: 'שירות',
    access: 'גישה',
    controls: 'בקרות',
    need: 'צורך עסקי',
    agreement: 'הסכם עיבוד נתונים',
    assessment: 'בחינת אבטחה',
    minimum: 'גישה מזערית',
    owner: 'אחראי',
    review: 'נסקר',
  },
  thirdPartyControls: {
    managedSecrets: 'ניהול סודות',
    audit: 'ביקורת',
    rateLimit: 'הגבלת קצב',
    signedWebhooks: 'webhooks חתומים',
    tokenRotation: 'החלפת אסימונים',
    scopedKeys: 'מפתחות מוגבלי תחום',
  },
  mapping: {
    caption: 'הכללים והסעיפים שהם מסייעים לקיים',
    rule: 'כלל',
    state: 'מצב',
    enforced: 'נאכף',
    declared: 'מוצהר',
    clause: 'סעיף',
    metBy: 'מתקיים באמצעות',
    note: 'הערה',
    notApplicable: 'לא רלוונטי',
    attested: 'הצהרה',
  },
  clauseCaption: (framework) => `${framework}: הסעיפים שמדיניות זו עונה עליהם`,
  frameworks: {
    soc2: 'SOC 2',
    iso27001_2013: 'ISO/IEC 27001:2013',
    iso27001_2022: 'ISO/IEC 27001:2022',
    gdpr: 'GDPR',
  },
  attested: {
    caption: 'ההצהרות, האחראים להן ותדירותן',
    statement: 'הצהרה',
    owner: 'אחראי',
    interval: 'מאושרת',
    clauses: 'סעיפים',
    intro: 'את האמור להלן אין מכונה אוכפת. כל אחראי מאשר במועדים שצוינו שהדבר מתקיים.',
    none: 'במדיניות זו אין הצהרות הטעונות אישור.',
  },
  responsibilities: 'יש דברים שרק הלקוח יכול לעשות. הלקוחות אחראים לאלה:',
  history: {
    caption: 'גרסאות',
    version: 'גרסה',
    date: 'תאריך',
    author: 'מחבר',
    changes: 'שינויים',
    approval: 'אישור',
    function: 'תפקיד',
    name: 'שם',
    signature: 'חתימה',
  },
}

export const frames: Readonly<Record<Language, Frame>> = { en: english, he: hebrew }
