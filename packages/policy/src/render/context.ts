/** What every part of the document is made from. @module */
import { type CompiledPolicy, compile } from '../compile.ts'
import { frameLanguage, type Language, type Words, wordsFor } from '../controls/index.ts'
import type { Policy } from '../model.ts'
import { type Frame, frames } from './frame/index.ts'

export interface RenderContext {
  readonly policy: Policy
  readonly compiled: CompiledPolicy
  /** Of the frame and the controls. */
  readonly language: Language
  readonly words: Words
  readonly frame: Frame
}

/**
 * @throws RangeError when the policy is not written in the language: half a translation is not a document.
 */
export function renderContext(policy: Policy, tag: string = policy.languages[0] ?? 'en'): RenderContext {
  if (!policy.languages.includes(tag)) {
    throw new RangeError(
      `The policy ${policy.name} is not written in "${tag}". Its languages: ${policy.languages.join(', ')}.`,
    )
  }
  const language = frameLanguage(tag)
  return {
    policy,
    compiled: compile(policy),
    language,
    words: wordsFor(policy, language, tag),
    frame: frames[language],
  }
}
