/** The pages: plain HTML, no script. @module */
import { createHash } from 'node:crypto'
import type { Answer, Person, Place } from './definition.ts'

const CSS = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem; color: #1c1c1c; background: #fff }
nav a, nav strong { margin-inline-end: 1rem }
table { border-collapse: collapse; width: 100%; margin: 1rem 0 }
td, th { border-bottom: 1px solid #ccc; padding: .4rem; text-align: start }
button { font: inherit; padding: .3rem .9rem }
.yes { color: #11632c } .no { color: #9c1c1c }
`

/** The one style sheet, and what the content security policy calls it. */
export const style = {
  source: `'sha256-${createHash('sha256').update(CSS).digest('base64')}'`,
} as const

/** Who you are, what you may do here, where else you may go. */
export function decisionPage(
  place: Place,
  person: Person,
  answers: readonly Answer[],
  isOpen: boolean,
): string {
  const role = person.roles.join(', ') || 'none'
  return page(
    place,
    `<p>You are <strong>${text(person.name)}</strong> (${text(person.email)}), role <strong>${text(role)}</strong>.</p>
${isOpen ? '' : `<p class="no">${text(place.title)} is closed to the role ${text(role)}: it needs <code>${text(place.entry)}</code>.</p>`}
<table>
<thead><tr><th>Task</th><th>Permission</th><th>Decision</th><th></th></tr></thead>
<tbody>${answers.map(row).join('')}</tbody>
</table>
<p><a href="${text(place.writUrl)}/account">Account security</a></p>
<form method="post" action="/sign-out"><button>Sign out of all six</button></form>`,
  )
}

function row({ task, allowed, reason }: Answer): string {
  const decision = allowed
    ? '<td class="yes">allowed</td>'
    : `<td class="no">refused (${text(reason.replaceAll('_', ' '))})</td>`
  const button = `<td><form method="post" action="/tasks/${text(task.permission)}"><button>Do it</button></form></td>`
  return `<tr><td>${text(task.title)}</td><td><code>${text(task.permission)}</code></td>${decision}${button}</tr>\n`
}

/** A task was tried. */
export function taskPage(place: Place, { task, allowed, reason }: Answer): string {
  const said = allowed
    ? `<p class="yes">${text(task.title)}: done.</p>`
    : `<p class="no">${text(task.title)}: refused, since ${text(task.permission)} is ${text(reason.replaceAll('_', ' '))}.</p>`
  return page(place, `${said}<p><a href="/">Back</a></p>`)
}

/** After signing out. */
export function leftPage(place: Place): string {
  return page(
    place,
    '<p>You are signed out, here and of the other five.</p><p><a href="/">Sign in again</a></p>',
  )
}

export function refusalPage(place: Place, why: string): string {
  return page(place, `<p class="no">${text(why)}</p><p><a href="/">To the first page</a></p>`)
}

function page(place: Place, body: string): string {
  const links = place.neighbours
    .map(({ title, url }) =>
      url === place.url ? `<strong>${text(title)}</strong>` : `<a href="${text(url)}/">${text(title)}</a>`,
    )
    .join('\n')
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${text(place.title)}</title><style>${CSS}</style></head>
<body>
<nav>${links}</nav>
<h1>${text(place.title)}</h1>
${body}
</body>
</html>
`
}

function text(value: string): string {
  return value
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}
