import { describe, expect, test } from 'vitest'
import { type MailText, preferredLanguage, spans } from '../mail.ts'
import { renderMail } from './render.ts'

const mail: MailText = {
  subject: 'Subject',
  paragraphs: ['One.', 'Two.'],
  action: { label: 'Go on', url: 'https://access.example.com/reset-password?token=writ_link_x&y=1' },
  footer: 'Why.',
}

describe('a mail', () => {
  test('says the same as plain text and as HTML, with the address written out', () => {
    const { text, html } = renderMail(mail, 'en')
    for (const word of ['One.', 'Two.', 'Go on', 'Why.']) {
      expect(text).toContain(word)
      expect(html).toContain(word)
    }
    expect(text).toContain(mail.action!.url)
    expect(html.split('token=writ_link_x&amp;y=1')).toHaveLength(3)
  })

  test('is read from right to left in Hebrew, but for the address', () => {
    const { html } = renderMail(mail, 'he')
    expect(html).toContain('<html lang="he" dir="rtl">')
    expect(html).toMatch(/<p dir="ltr"[^>]*>https:/)
    expect(renderMail(mail, 'en').html).toContain('<html lang="en" dir="ltr">')
  })

  test('fetches nothing', () => {
    const { html } = renderMail(mail, 'en')
    expect(html).not.toMatch(/<(img|script|link|style|iframe|object|video)|url\(|@import|src=/i)
  })

  test('takes no markup and no line breaks from its values', () => {
    const nasty = `"><b onclick='x'>&\r\nBcc: eve@example.com\u2028x`
    const { subject, html, text } = renderMail(
      { subject: nasty, paragraphs: [nasty], action: { label: nasty, url: mail.action!.url }, footer: nasty },
      'en',
    )
    expect(subject).not.toMatch(/[\r\n\u2028]/)
    expect(html).not.toMatch(/<b |'x'/)
    expect(text).not.toMatch(/^Bcc/m)
  })

  test.each(['javascript:alert(1)', 'data:text/html,x', 'not a url'])('links to no %s', (url) => {
    expect(() => renderMail({ ...mail, action: { label: 'Go', url } }, 'en')).toThrow()
  })
})

test('a browser’s languages choose between English and Hebrew', () => {
  expect(preferredLanguage('he-IL,he;q=0.9,en;q=0.8')).toBe('he')
  expect(preferredLanguage('en-GB,he;q=0.5')).toBe('en')
  expect(preferredLanguage('he;q=0.4, en;q=0.6')).toBe('en')
  expect(preferredLanguage('fr, iw;q=0.1')).toBe('he')
  expect(preferredLanguage('en;q=0, he;q=0.1')).toBe('he')
  expect(preferredLanguage('fr, de')).toBeUndefined()
  expect(preferredLanguage('')).toBeUndefined()
  expect(preferredLanguage(`${'x,'.repeat(100_000)}he`)).toBeUndefined()
})

test('a time is said in its largest whole unit', () => {
  expect([1, 45, 60, 90, 120, 1440, 2880].map(spans.en)).toEqual([
    'one minute',
    '45 minutes',
    'one hour',
    '90 minutes',
    '2 hours',
    'one day',
    '2 days',
  ])
  expect([1, 60, 120, 180, 1440].map(spans.he)).toEqual(['דקה אחת', 'שעה אחת', 'שעתיים', '3 שעות', 'יום אחד'])
})
