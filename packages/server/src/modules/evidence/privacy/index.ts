/**
 * The privacy of the person: what they agreed to, what is held about them, and who looked at it.
 *
 * Invariants
 * - A consent stands with the document it was given to; a withdrawn one stays on record.
 * - What was looked at and could not be noted was not shown.
 * - An export has all that is held about a person, and neither secrets nor clear values about others.
 * - Clear values in the log end when the policy says; no proof changes.
 *
 * @module
 */
export { createReadNotes } from './commands/note-read.ts'
export { expirePersonal } from './jobs.ts'
export { privacyRoutes } from './routes.ts'
