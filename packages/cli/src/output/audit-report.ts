/** What a verification found, in words: what was proven, by what it was proven, and what it cannot show. @module */
import type { ExportReport, TrustMode } from '@writ/tlog'
import type { Style } from './style.ts'
import { table } from './table.ts'
import { formatCount, plural, printable, wrap } from './text.ts'

const trust: Readonly<Record<TrustMode, string>> = {
  'pinned-key': 'The key you gave. Only its holder can have signed this checkpoint.',
  'embedded-key':
    'The key inside the file. It shows that nothing was altered after the file was signed, but whoever rewrites the whole file can sign with a key of their own. Give the key you know with --key to rule that out.',
  unsigned:
    'No signature. The file agrees with itself, which its writer could have arranged. It proves nothing about who wrote it.',
}

export function reportLines(report: ExportReport, name: string, style: Style, width: number): string[] {
  return report.ok ? provenLines(report, style, width) : alteredLines(report, name, style, width)
}

function provenLines(report: ExportReport, style: Style, width: number): string[] {
  const { origin = '', entries, size = 0, from = 0, to = 0, root = '', whole, personal } = report
  const head = `${style.green('✓')} Nothing was altered: ${plural(entries, 'event')} of ${printable(origin)}.`
  const range = whole
    ? `The whole log as of its checkpoint, ${plural(size, 'event')}.`
    : `Events ${formatCount(from)} to ${formatCount(to - 1)} of ${formatCount(size)}; the rest is not in this file.`
  return [
    ...wrap(head, width),
    '',
    ...table(
      [
        ['Range', range],
        ['Trust', trust[report.trust ?? 'unsigned']],
        ['Personal', personalSentence(personal)],
        ['Root', root],
        [
          'Not shown',
          'Whether events came after this checkpoint. To find a log that was rolled back, compare the root with a checkpoint kept elsewhere.',
        ],
      ],
      { width, indent: 2 },
    ),
  ]
}

function personalSentence({ proven, erased }: ExportReport['personal']): string {
  if (proven + erased === 0) return 'No personal values.'
  const kept =
    `${plural(proven, 'personal value')} ${proven === 1 ? 'is the one' : 'are the ones'} that was recorded`.replace(
      'are the ones that was',
      'are those that were',
    )
  const gone =
    erased === 0
      ? 'none was erased'
      : `${formatCount(erased)} ${erased === 1 ? 'was' : 'were'} erased, which leaves the proof intact`
  return `${kept}; ${gone}.`
}

function alteredLines(
  { problem, entries, from = 0, trust: mode }: ExportReport,
  name: string,
  style: Style,
  width: number,
): string[] {
  const { message = '', entries: where } = problem!
  const bad =
    where === undefined
      ? undefined
      : where.first === where.last
        ? `entry ${where.first}`
        : `entries ${where.first} to ${where.last}`
  const before =
    entries === 0
      ? where === undefined
        ? 'Nothing before it was proven.'
        : 'No group: events are proven in groups of 256, and this one is in the first of the file.'
      : `Events ${formatCount(from)} to ${formatCount(from + entries - 1)} are proven; nothing after them is.`
  return [
    ...wrap(
      style.red(`✗ ${name} does not prove what it says${bad ? `: the first that is wrong is ${bad}` : ''}.`),
      width,
    ),
    '',
    ...table(
      [
        ['Found', printable(sentence(message))],
        ['Line', String(problem!.line)],
        ['Before it', before],
        ...(mode ? [['Trust', trust[mode]]] : []),
      ],
      { width, indent: 2 },
    ),
  ]
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
