import type { RequestPolicy } from '../model.ts'
import { defineControl } from './control.ts'
import type { Words } from './words/index.ts'

function english(request: RequestPolicy, w: Words): string {
  const stages = request.stages.map((stage) => {
    const quorum = stage.quorum > 1 ? `${w.number(stage.quorum)} of ` : ''
    const within =
      stage.withinSeconds === undefined ? '' : `, escalated after ${w.duration(stage.withinSeconds)}`
    return `${w.text(stage.title ?? stage.name)} (${quorum}${w.anyRole(stage.approvers)}${within})`
  })
  const limit =
    request.maxSeconds === undefined ? '' : ` What it grants lasts at most ${w.duration(request.maxSeconds)}.`
  return `${w.text(request.title ?? request.name)}: ${stages.join(', then ')}. An undecided request lapses after ${w.duration(request.expireSeconds)}.${limit}`
}

function hebrew(request: RequestPolicy, w: Words): string {
  const stages = request.stages.map((stage) => {
    const quorum = stage.quorum > 1 ? `${w.number(stage.quorum)} מתוך ` : ''
    const within =
      stage.withinSeconds === undefined ? '' : `; מועבר הלאה לאחר ${w.duration(stage.withinSeconds)}`
    return `${w.text(stage.title ?? stage.name)} (${quorum}${w.anyRole(stage.approvers)}${within})`
  })
  const limit =
    request.maxSeconds === undefined ? '' : ` מה שניתן בה נמשך לכל היותר ${w.duration(request.maxSeconds)}.`
  return `${w.text(request.title ?? request.name)}: ${stages.join(', ולאחר מכן ')}. בקשה שלא הוכרעה פוקעת לאחר ${w.duration(request.expireSeconds)}.${limit}`
}

/** Access that is asked for, and decided by others. */
export const accessRequests = defineControl({
  id: 'access-requests',
  section: 'granting',
  title: { en: 'Access requests', he: 'בקשות גישה' },
  settings: ['requests'],
  enforcement: 'declared',
  layout: 'list',
  mapping: {
    soc2: ['CC6.2', 'CC6.3'],
    iso27001_2013: ['A.6.1.2', 'A.9.2.2'],
    iso27001_2022: ['A.5.3', 'A.5.18'],
    gdpr: ['Art. 32(4)'],
  },
  applies: ({ requests }) => requests.length > 0,
  statement: {
    en: ({ requests }, w) => [
      requests.every(({ justification }) => justification)
        ? 'Whoever asks for access gives a business reason. Each stage is decided by somebody else, and nobody decides on their own request.'
        : 'Each stage of a request is decided by somebody else, and nobody decides on their own request.',
      ...requests.map((request) => english(request, w)),
      'An approved request is carried out and recorded, and the requester is told.',
    ],
    he: ({ requests }, w) => [
      requests.every(({ justification }) => justification)
        ? 'מי שמבקש גישה מנמק את הצורך העסקי. כל שלב מוכרע בידי אדם אחר, ואיש אינו מכריע בבקשתו שלו.'
        : 'כל שלב של בקשה מוכרע בידי אדם אחר, ואיש אינו מכריע בבקשתו שלו.',
      ...requests.map((request) => hebrew(request, w)),
      'בקשה שאושרה מבוצעת ומתועדת, והמבקש מקבל הודעה.',
    ],
  },
})
