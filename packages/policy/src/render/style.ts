/** How the page looks, on a screen and on paper. Logical properties, so that it also runs from right to left. */
export const style = `:root { color-scheme: light; --ink: #1a1f26; --soft: #555f6b; --line: #c9d0d8; --tint: #f3f5f8; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 2.5rem 1.5rem 4rem; color: var(--ink); background: #fff;
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans Hebrew", Arial, sans-serif; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0 0 .25rem; }
h2 { font-size: 1.35rem; margin: 2.5rem 0 .75rem; padding-block-end: .25rem; border-block-end: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin: 1.5rem 0 .25rem; }
p, ul, ol { margin: .25rem 0 .75rem; }
li { margin-block: .2rem; }
a { color: #0b4f9e; }
code { font: .9em ui-monospace, "SF Mono", Menlo, Consolas, monospace; unicode-bidi: isolate; overflow-wrap: anywhere; }
thead ~ tbody code { overflow-wrap: normal; }
.subtitle { color: var(--soft); font-size: 1.1rem; margin-block-end: 1.5rem; }
nav ul { list-style: none; padding: 0; columns: 2; }
.wide { overflow-x: auto; margin-block: 1rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
caption { text-align: start; font-weight: 600; padding-block-end: .4rem; }
th, td { border: 1px solid var(--line); padding: .35rem .55rem; text-align: start; vertical-align: top; font-weight: 400; }
thead th { background: var(--tint); font-weight: 600; }
.facts { max-width: 40rem; }
.facts th { width: 14rem; background: var(--tint); }
.group th { background: var(--tint); }
.centered td, .centered thead th:not(:first-child) { text-align: center; }
.mark { font-size: .75rem; font-weight: 600; padding: .1rem .4rem; border: 1px solid; border-radius: .25rem; white-space: normal; }
.declared { color: #7a4100; background: #fff4e3; border-style: dashed; }
.attested { color: #2b3f6b; background: #eef2fb; }
.spoken { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (max-width: 40rem) { nav ul { columns: 1; } }
@page { margin: 18mm 16mm; }
@media print {
  body { max-width: none; padding: 0; font-size: 10pt; }
  nav { break-after: page; }
  h2, h3, caption { break-after: avoid; }
  tr, li { break-inside: avoid; }
  thead { display: table-header-group; }
  .wide { overflow: visible; }
  a { color: inherit; text-decoration: none; }
  .mark, thead th, .group th, .facts th { print-color-adjust: exact; }
}
`
