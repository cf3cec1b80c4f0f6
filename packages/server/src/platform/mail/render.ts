/**
 * How a mail looks: plain text, and HTML with the same words. Nothing in it is fetched from anywhere, every value is
 * escaped, and the address behind the button is written out. Pure.
 *
 * @module
 */
import type { MailLanguage, MailText } from '../mail.ts'

export interface RenderedMail {
  readonly subject: string
  readonly text: string
  readonly html: string
}

export function renderMail(mail: MailText, language: MailLanguage): RenderedMail {
  const words = {
    subject: oneLine(mail.subject),
    paragraphs: mail.paragraphs.map(oneLine),
    action: mail.action && { label: oneLine(mail.action.label), url: webAddress(mail.action.url) },
    footer: oneLine(mail.footer),
  }
  return { subject: words.subject, text: plain(words), html: html(words, language) }
}

/** A line break in a name would begin a header, or a paragraph that is not ours. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim()
}

/** Links are ours, built from the public URL; what is none must not become a script in somebody's mail reader. */
function webAddress(url: string): string {
  const { protocol, href } = new URL(url)
  if (protocol !== 'https:' && protocol !== 'http:') throw new Error('a mail links to web addresses only')
  return href
}

function plain({ paragraphs, action, footer }: MailText): string {
  const link = action ? [`${action.label}:\n${action.url}`] : []
  return `${[...paragraphs, ...link, `-- \n${footer}`].join('\n\n')}\n`
}

const FONT = "font-family:system-ui,-apple-system,'Segoe UI',Arial,sans-serif"

function html({ subject, paragraphs, action, footer }: MailText, language: MailLanguage): string {
  const direction = language === 'he' ? 'rtl' : 'ltr'
  const side = language === 'he' ? 'right' : 'left'
  const body = paragraphs.map((text) => `<p style="margin:0 0 16px">${escapeHtml(text)}</p>`)
  if (action) {
    const url = escapeHtml(action.url)
    body.push(
      `<p style="margin:24px 0"><a href="${url}" style="background:#1d4ed8;color:#ffffff;display:inline-block;padding:12px 20px;border-radius:6px;text-decoration:none;font-weight:600">${escapeHtml(action.label)}</a></p>`,
      `<p dir="ltr" style="margin:0 0 16px;font-size:13px;color:#4b5563;word-break:break-all;text-align:${side}">${url}</p>`,
    )
  }
  return `<!doctype html>
<html lang="${language}" dir="${direction}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(subject)}</title></head>
<body dir="${direction}" style="margin:0;padding:24px;background:#f3f4f6;color:#111827;font-size:16px;line-height:1.5;${FONT}">
<div dir="${direction}" style="max-width:560px;margin:0 auto;padding:32px;background:#ffffff;border-radius:8px;text-align:${side}">
${body.join('\n')}
<hr style="border:0;border-top:1px solid #e5e7eb;margin:24px 0">
<p style="margin:0;font-size:13px;color:#4b5563">${escapeHtml(footer)}</p>
</div>
</body>
</html>
`
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}
