/**
 * The policy as the document people read and sign, made of the same file that the platform runs.
 *
 * Invariants
 * - Every number and name in the text comes out of a setting; a changed setting is a changed sentence.
 * - What this release does not enforce is marked as declared, what no machine enforces as attested.
 * - All text of the policy is escaped: a policy cannot bring markup into the page.
 * - Pure: the same policy and language give the same text, byte for byte.
 *
 * @module
 */
import type { Policy } from '../model.ts'
import { renderContext } from './context.ts'
import { policyDocument } from './document.ts'
import { toHtml } from './html.ts'
import { toMarkdown } from './markdown.ts'

export interface RenderOptions {
  /** One of the policy's `languages`; by default the first. */
  readonly language?: string
}

/**
 * The document in GitHub-flavoured Markdown.
 *
 * @throws RangeError when the policy does not list the language.
 */
export function renderMarkdown(policy: Policy, options: RenderOptions = {}): string {
  return toMarkdown(policyDocument(renderContext(policy, options.language)))
}

/**
 * The document as a complete HTML page, for screen and print.
 *
 * @throws RangeError when the policy does not list the language.
 */
export function renderHtml(policy: Policy, options: RenderOptions = {}): string {
  return toHtml(policyDocument(renderContext(policy, options.language)))
}
