// The token stands behind the '#', which browsers keep to themselves: it is in no log and no Referer.
const token = new URLSearchParams(location.hash.slice(1)).get('token')
const form = document.querySelector('form')
const button = document.querySelector('button')
const notice = document.querySelector('[role=alert]')

if (!token)
  say('This address lacks its secret. Open the whole link that the server printed, with what follows the #.')

form.addEventListener('submit', async (event) => {
  event.preventDefault()
  button.disabled = true
  say('')
  try {
    const response = await fetch('/api/v1/setup', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token, ...fields() }),
    })
    const body = await response.json().catch(() => ({}))
    if (response.ok) done()
    else refuse(body)
  } catch {
    say('The server did not answer. Try again; if the link is refused then, it was created: sign in.')
  } finally {
    button.disabled = false
  }
})

function fields() {
  const result = { organization: {}, owner: {} }
  for (const input of form.querySelectorAll('input')) {
    input.removeAttribute('aria-invalid')
    const [part, name] = input.name.split('.')
    result[part][name] = input.value
  }
  return result
}

function refuse({ code, detail, errors = [] }) {
  say(
    code === 'identity.weak_password'
      ? 'This password is not accepted.'
      : (detail ?? 'The server refused this.'),
    errors.map(({ path, message }) => `${label(path)}: ${message}`),
  )
  for (const { path } of errors)
    form.querySelector(`[name="${CSS.escape(path)}"]`)?.setAttribute('aria-invalid', 'true')
  form.querySelector('[aria-invalid=true]')?.focus()
}

function done() {
  history.replaceState(null, '', location.pathname)
  form.remove()
  notice.className = 'notice done'
  say('Done. The organization and its owner exist; this link no longer works. ')
  notice.append(Object.assign(document.createElement('a'), { href: '/account', textContent: 'Sign in' }))
}

function label(path) {
  const input = form.querySelector(`[name="${CSS.escape(path)}"]`)
  return input ? input.labels[0].textContent : path
}

/** textContent only: nothing of an answer is ever read as markup. */
function say(sentence, points = []) {
  notice.textContent = sentence
  if (points.length === 0) return
  const list = document.createElement('ul')
  for (const point of points) list.append(Object.assign(document.createElement('li'), { textContent: point }))
  notice.append(list)
}
