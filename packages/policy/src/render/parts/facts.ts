/** Document control, versions, signatures. @module */
import { type Block, type Line, prose } from '../blocks.ts'
import type { RenderContext } from '../context.ts'

function sentenceCase(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function reviewCycle({ policy: { review }, words }: RenderContext): string | undefined {
  if (review === undefined) return undefined
  const parts = [
    ...(review.everySeconds === undefined ? [] : [words.every(review.everySeconds)]),
    ...(review.due.length > 0 ? [words.list(review.due.map(words.dayOfYear))] : []),
  ]
  return parts.length > 0 ? sentenceCase(parts.join(', ')) : undefined
}

const DAY_MS = 86_400_000

/** The date in the file, else an interval after the last review or the effective date. */
function nextReview({ policy, words, frame }: RenderContext): string | undefined {
  if (policy.nextReview !== undefined) return words.date(policy.nextReview)
  const every = policy.review?.everySeconds
  if (every === undefined) return undefined
  const from = policy.lastReviewed ?? policy.effective
  if (from === undefined) return frame.afterEffective(words.duration(every))
  const next = new Date(Date.parse(`${from}T00:00:00Z`) + Math.floor(every / 86_400) * DAY_MS)
  return words.date(next.toISOString().slice(0, 10))
}

/** Label and value of everything that identifies the document; what the policy leaves out is said to be. */
export function documentFacts(context: RenderContext): [string, Line][] {
  const { policy, words, frame } = context
  const { facts } = frame
  const values: [string, string | undefined][] = [
    [facts.id, policy.id ?? policy.name],
    [facts.version, policy.version],
    [facts.classification, frame.classifications[policy.classification]],
    [facts.owner, words.text(policy.owner)],
    [facts.approvedBy, policy.approvedBy && words.text(policy.approvedBy)],
    [facts.effective, policy.effective && words.date(policy.effective)],
    [facts.reviewCycle, reviewCycle(context)],
    [facts.lastReviewed, policy.lastReviewed && words.date(policy.lastReviewed)],
    [facts.nextReview, nextReview(context)],
  ]
  return values.map(([label, value]) => [label, prose(value ?? frame.notStated)])
}

/** Versions of the document, and the lines to sign on. */
export function historyBlocks({ policy, words, frame }: RenderContext): Block[] {
  const { history: label } = frame
  const versions: Block = {
    kind: 'table',
    caption: label.caption,
    head: [label.version, label.date, label.author, label.changes].map((text) => [text]),
    rows: policy.history.map(({ version, date, author, changes }) => ({
      cells: [[version], [words.date(date)], [author], prose(words.text(changes))],
    })),
  }
  const signatories = [policy.owner, policy.approvedBy ?? []].flat().map((text) => words.text(text))
  const approval: Block = {
    kind: 'table',
    caption: label.approval,
    head: [label.function, label.name, label.date, label.signature].map((text) => [text]),
    rows: [...new Set(signatories)].map((signatory) => ({ cells: [[signatory], [], [], []] })),
  }
  return policy.history.length > 0 ? [versions, approval] : [approval]
}
