/** The document around the rules: who owns it, which version it is, when it is reviewed. @module */
import { z } from 'zod'
import { date, dayOfYear, duration, language, listOf, name, permission, roleNames, text } from './scalars.ts'

/** When something is looked at again: at an interval, on fixed days of the year, and on occasion. */
export const review = z
  .strictObject({
    every: duration.describe('Interval, such as 90d').exactOptional(),
    due: listOf(dayOfYear).describe('Fixed due days of every year, MM-DD').default([]),
    also: listOf(z.enum(['incident', 'roleChange', 'systemChange', 'capabilityChange']))
      .describe('Occasions that call for a review out of turn')
      .default([]),
  })
  .transform(({ every, ...rest }) => ({ ...rest, ...(every !== undefined && { everySeconds: every }) }))

const historyEntry = z.strictObject({ version: z.string(), date, author: z.string(), changes: text })

const principle = z.strictObject({ title: text, text })

/** Who and what the rendered document is about. */
export const documentShape = {
  writ: z.literal(1).describe('Version of the policy language'),
  name: name.describe('Short name of the policy, used in commands and file names'),
  id: z.string().max(100).describe('Document id, such as POL-ISMS-006').exactOptional(),
  title: text.describe('Title of the rendered document'),
  product: text.describe('The product or platform the policy is for').exactOptional(),
  company: z.string().max(200).describe('The legal entity that issues the policy').exactOptional(),
  description: text.exactOptional(),
  version: z.string().min(1).max(40).describe('Version of the document, in quotes: "1.0"'),
  owner: text.describe('Who answers for the document'),
  approvedBy: text.exactOptional(),
  effective: date.exactOptional(),
  classification: z.enum(['public', 'internal', 'confidential', 'restricted']).default('internal'),
  lastReviewed: date.exactOptional(),
  nextReview: date.exactOptional(),
  review: review.exactOptional(),
  history: listOf(historyEntry).describe('Versions of the document, newest first or last').default([]),
  languages: listOf(language)
    .min(1)
    .describe('Languages of the document; the first is the main one')
    .default(['en']),
  purpose: text.describe('What the policy is for').exactOptional(),
  appliesTo: listOf(text).describe('Whom and what the policy covers').default([]),
  principles: listOf(principle).default([]),
  responsibilities: listOf(text).describe('What the customers themselves answer for').default([]),
}

const statement = z
  .strictObject({
    id: name,
    title: text.exactOptional(),
    text,
    section: name.describe('Section of the rendered document it stands in').exactOptional(),
    owner: text.describe('Who attests that it holds'),
    attest: duration.describe('How often it is attested').default(31_536_000),
    clauses: listOf(z.string().max(60)).describe('Clauses of a source or framework it answers').default([]),
  })
  .transform(({ attest, ...rest }) => ({ ...rest, attestSeconds: attest }))

/** Text that no machine can enforce: it has an owner, and is attested. */
export const statements = listOf(statement)

const frameworkClause = z.strictObject({
  controls: listOf(z.string().max(80)).describe('Controls of Writ that implement the clause').default([]),
  statements: listOf(name).describe('Statements that attest the clause').default([]),
  title: text.exactOptional(),
  note: text.exactOptional(),
  notApplicable: text.describe('Why the clause does not apply').exactOptional(),
})

const framework = z.strictObject({
  title: text.exactOptional(),
  clauses: z.record(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9.()\-_ ]{0,40}$/), frameworkClause).default({}),
})

/** Per framework only what differs from the catalogue's own mapping. */
export const frameworks = z.record(name, framework)

/** How the policy itself is changed. */
export const changes = z.strictObject({
  approvals: z
    .int()
    .min(1)
    .max(5)
    .describe('Distinct people a new version needs, its author among them')
    .default(1),
  approvers: roleNames.describe('Roles whose holders may approve a new version').default([]),
})

/** What a subject of data is promised (GDPR). */
export const privacy = z.strictObject({
  consents: listOf(
    z.strictObject({ purpose: name, title: text, required: z.boolean().default(false) }),
  ).default([]),
  export: z.boolean().describe('Users may export their data').default(true),
  erasure: z.boolean().describe('Personal values are erasable; the log stays provable').default(true),
  accessLog: z.boolean().describe('Reads of personal data are logged').default(true),
})

/** Plans an organization can be on, each with limits by name (seats, apiCalls, …). */
export const plans = z.record(
  name,
  z.strictObject({ title: text.exactOptional(), limits: z.record(name, z.int().min(0)).default({}) }),
)

/** Applications that share the sign-on. */
export const applications = z.record(
  name,
  z.strictObject({
    title: text.exactOptional(),
    description: text.exactOptional(),
    resources: listOf(name).describe('Resources the application works on').default([]),
  }),
)

/** QR and other execution codes: they name an action and a target, and hold no credential. */
export const executionCodes = z
  .strictObject({
    actions: listOf(permission).describe('Permissions a code may ask for').default([]),
    expire: duration.exactOptional(),
  })
  .transform(({ expire, ...rest }) => ({ ...rest, ...(expire !== undefined && { expireSeconds: expire }) }))
