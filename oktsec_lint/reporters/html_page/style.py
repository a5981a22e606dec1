"""The look of the page: one style sheet, light and dark, from a telephone to a wide screen, and on paper."""

from __future__ import annotations

CSS = """
:root {
  color-scheme: light dark;
  --ground: #f7f7f5; --sheet: #fff; --ink: #1d2126; --quiet: #59616b; --line: #e1e3e6; --link: #1a5ab0;
  --critical: #9d1029; --critical-ground: #fbe8eb; --high: #963a00; --high-ground: #fdeee2;
  --medium: #705000; --medium-ground: #faf1d6; --low: #27557f; --low-ground: #e6f0f9;
  --info: #555d66; --info-ground: #eeeff1; --good: #1b6437; --good-ground: #e4f3e9;
  --mark: #ffdf85; --mark-ink: #1d2126; --code: #f3f3f0;
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --ground: #101316; --sheet: #171b1f; --ink: #e4e7ea; --quiet: #a2aab3; --line: #2a3037; --link: #8fbcff;
    --critical: #ff9dab; --critical-ground: #3b141b; --high: #ffb58c; --high-ground: #39200f;
    --medium: #efcd6e; --medium-ground: #322808; --low: #9ecaf2; --low-ground: #12293d;
    --info: #b5bcc4; --info-ground: #242a30; --good: #92d8a8; --good-ground: #12301d;
    --mark: #6d5000; --mark-ink: #fff4d2; --code: #1e2328;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
a { color: var(--link); text-underline-offset: .15em; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 3px; }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; top: 1rem; background: var(--sheet); padding: .5rem 1rem; }
.page { max-width: 78rem; margin: 0 auto; padding: 1.5rem clamp(1rem, 3vw, 2.5rem) 4rem; }
h1, h2, h3 { line-height: 1.25; text-wrap: balance; margin: 0; }
h1 { font-size: clamp(1.6rem, 1.2rem + 1.8vw, 2.3rem); letter-spacing: -.015em; font-weight: 650; }
h2 { font-size: 1.25rem; margin: 0 0 1rem; font-weight: 650; }
h3 { font-size: 1.03rem; font-weight: 600; overflow-wrap: anywhere; }
p { margin: .4rem 0; max-width: 75ch; }
.quiet, dt, th, caption { color: var(--quiet); }
.eyebrow { color: var(--quiet); font-size: .9rem; margin: 0 0 .4rem; }
header { padding: 1rem 0 1.5rem; }
header > p { font-size: 1.08rem; }
code, pre { font-family: var(--mono); font-size: .88em; unicode-bidi: isolate; overflow-wrap: anywhere; }
code { background: var(--code); padding: .1em .35em; border-radius: 4px; }
.said { unicode-bidi: isolate; overflow-wrap: anywhere; }
.counts { list-style: none; display: flex; flex-wrap: wrap; gap: .6rem; padding: 0; margin: 1.2rem 0 0; }
.counts li { flex: 1 1 6rem; max-width: 12rem; border-radius: 10px; padding: .6rem .9rem; }
.counts b { display: block; font-size: 1.6rem; line-height: 1.2; font-weight: 650; font-variant-numeric: tabular-nums; }
.counts .none { background: transparent; color: var(--quiet); box-shadow: inset 0 0 0 1px var(--line); }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(15rem, 100%), 1fr)); gap: .9rem 2rem;
  margin: 1.4rem 0 0; padding: 1.1rem 0 0; border-top: 1px solid var(--line); }
.facts dt, .answers dt { font-size: .85rem; }
.facts dd, .answers dd { margin: 0; overflow-wrap: anywhere; }
.critical { color: var(--critical); background: var(--critical-ground); }
.high { color: var(--high); background: var(--high-ground); }
.medium { color: var(--medium); background: var(--medium-ground); }
.low { color: var(--low); background: var(--low-ground); }
.info { color: var(--info); background: var(--info-ground); }
.good { color: var(--good); background: var(--good-ground); }
.tag { display: inline-block; border-radius: 999px; padding: .05em .7em; font-size: .82rem; font-weight: 600;
  white-space: nowrap; }
nav ul { list-style: none; margin: 0 0 1.5rem; padding: 0; display: flex; flex-wrap: wrap; gap: .3rem 1.3rem; }
nav a { color: var(--quiet); text-decoration: none; display: inline-block; padding: .25rem 0; }
nav a:hover { color: var(--link); text-decoration: underline; }
nav span { font-variant-numeric: tabular-nums; margin-left: .35em; font-size: .85em; }
section { margin: 0 0 2.75rem; }
article, .panel { background: var(--sheet); border: 1px solid var(--line); border-radius: 12px;
  padding: 1.1rem clamp(.9rem, 2.5vw, 1.5rem); margin: 0 0 .9rem; min-width: 0; }
article > header { padding: 0; display: flex; gap: .3rem .8rem; align-items: baseline; }
article > header h3 { min-width: 0; }
ins, del { text-decoration-thickness: 2px; border-radius: 3px; padding: .05em .15em; }
ins { color: var(--good); background: var(--good-ground); }
del { color: var(--critical); background: var(--critical-ground); }
.meta { font-size: .9rem; color: var(--quiet); margin: .25rem 0 .6rem; max-width: none; }
.meta > span { display: inline-block; max-width: 100%; }
.meta > * + *::before { content: "·"; margin: 0 .5em; color: var(--quiet); }
.scroll { overflow-x: auto; margin: .6rem 0 0; }
.scroll code, .scroll a { white-space: nowrap; }
.scroll th, .scroll .tag { white-space: nowrap; }
.scroll td:last-child { min-width: 8rem; }
table { border-collapse: collapse; width: 100%; font-size: .94rem; }
caption { text-align: left; padding: 0 0 .5rem; font-size: .9rem; }
th { text-align: left; font-weight: 550; font-size: .85rem; }
th, td { padding: .45rem .9rem .45rem 0; border-top: 1px solid var(--line); vertical-align: baseline; }
thead th { border-top: 0; }
tbody th { color: var(--ink); font-size: .94rem; font-weight: 400; }
.matrix th[scope=col] { white-space: nowrap; }
.matrix tbody th { min-width: 9rem; }
.matrix .no { color: var(--quiet); }
pre { margin: .6rem 0 0; padding: .75rem .9rem; background: var(--code); border-radius: 8px; white-space: pre-wrap;
  line-height: 1.6; }
.line { display: grid; grid-template-columns: auto 1fr; gap: 0 .9rem; }
.number { color: var(--quiet); user-select: none; }
mark { background: var(--mark); color: var(--mark-ink); border-radius: 3px 3px 0 0; padding: .08em 0;
  border-bottom: 2px solid currentColor; }
.spelled { font-style: italic; opacity: .85; border-bottom: 1px dotted currentColor; }
.notes { margin: .4rem 0 0; padding-left: 1.2rem; font-size: .9rem; color: var(--quiet); }
.answers { display: grid; grid-template-columns: minmax(7.5rem, max-content) 1fr; gap: .45rem 1.2rem;
  margin: .9rem 0 0; }
.answers dd { max-width: 72ch; }
.answers pre { margin: .3rem 0; }
details { margin: .7rem 0 0; }
summary { cursor: pointer; color: var(--link); padding: .15rem 0; width: fit-content; max-width: 100%; }
details[open] > summary { margin-bottom: .4rem; }
.plain { list-style: none; padding: 0; margin: 0; }
.plain li { padding: .5rem 0; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
.plain li:first-child { border-top: 0; }
.plain.panel { padding: .5rem clamp(.9rem, 2.5vw, 1.5rem); }
footer { color: var(--quiet); font-size: .9rem; border-top: 1px solid var(--line); padding-top: 1.2rem; }
@media (min-width: 68rem) {
  .columns { display: grid; grid-template-columns: 11.5rem minmax(0, 1fr); gap: 2.5rem; align-items: start; }
  nav { position: sticky; top: 1.5rem; }
  nav ul { flex-direction: column; gap: .1rem; border-left: 2px solid var(--line); padding-left: 1rem; }
}
@media (max-width: 34rem) {
  .answers { grid-template-columns: 1fr; gap: 0; }
  .answers dd + dt { margin-top: .6rem; }
  .counts { gap: .4rem; }
  .counts li { flex-basis: 3.4rem; padding: .4rem .5rem; font-size: .8rem; }
  .counts b { font-size: 1.25rem; }
  article > header { flex-wrap: wrap; }
}
@media (prefers-reduced-motion: no-preference) { html { scroll-behavior: smooth; } }
@media print {
  :root { --ground: #fff; --sheet: #fff; }
  body { font-size: 10pt; }
  .page { max-width: none; padding: 0; }
  .columns { display: block; }
  nav, .skip { display: none; }
  article, .panel { break-inside: avoid-page; border-color: #bbb; }
  h2, h3 { break-after: avoid; }
  .tag, .counts li, mark { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .scroll { overflow: visible; }
  details::details-content { content-visibility: visible; display: block; }
}
"""
