"""How the page looks: on a screen of any width, in light and in dark, and on one printed sheet."""

STYLE = """
:root{--ink:#1b2430;--soft:#566273;--paper:#f4f5f7;--card:#fff;--line:#d9dee5;--bad:#b3261e;--badbg:#fdecea;
--ask:#8a5a00;--askbg:#fff4dc;--good:#1b6e3c;--goodbg:#e5f4ea;--mark:#1f4e8c}
@media (prefers-color-scheme:dark){:root{--ink:#e8ecf1;--soft:#a5b0bf;--paper:#12171e;--card:#1b222c;--line:#323c49;
--bad:#ff9c94;--badbg:#3a1f1e;--ask:#f2c46d;--askbg:#372b14;--good:#86d3a1;--goodbg:#16301f;--mark:#9cc3f5}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;overflow-wrap:anywhere}
main{max-width:52rem;margin:0 auto;padding:1.5rem 1rem 3rem}
header{display:flex;gap:1.25rem;align-items:center;flex-wrap:wrap;margin-bottom:1.25rem}
header>div{flex:1 1 16rem}
h1{font-size:clamp(1.15rem,5vw,1.6rem);line-height:1.2;margin:0}
h2{font-size:1.2rem;margin:2rem 0 .6rem}
h3{font-size:1.02rem;line-height:1.35;margin:0}
p{margin:.35rem 0}
.soft{color:var(--soft);font-size:.92rem}
.grade{flex:none;width:5rem;height:5rem;border-radius:1rem;display:grid;place-items:center;font-size:2.9rem;font-weight:700;
border:3px solid currentColor;background:var(--card)}
.grade.none{font-size:.9rem;text-align:center;line-height:1.2;font-weight:600;color:var(--soft)}
.A,.B{color:var(--good)}.C,.D{color:var(--ask)}.F{color:var(--bad)}
.counts{display:grid;grid-template-columns:repeat(3,1fr);gap:.6rem;margin:0 0 1rem;padding:0;list-style:none}
.counts li{background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:.5rem .8rem}
.counts b{display:block;font-size:1.5rem;line-height:1.2}
.bad b{color:var(--bad)}.ask b{color:var(--ask)}.good b{color:var(--good)}
.notice{border-left:4px solid var(--bad);background:var(--badbg);border-radius:.3rem;padding:.5rem .8rem;margin:.5rem 0}
.notice.calm{border-color:var(--good);background:var(--goodbg)}
.notice.ask{border-color:var(--ask);background:var(--askbg)}
ol.points,ul.points{list-style:none;margin:0;padding:0;counter-reset:point}
.points.ask>li{break-inside:auto}
.points>li{background:var(--card);border:1px solid var(--line);border-left:5px solid var(--bad);border-radius:.5rem;
padding:.8rem 1rem;margin:.6rem 0;counter-increment:point;break-inside:avoid}
ol.points>li h3::before{content:counter(point) ". "}
.points.ask>li{border-left-color:var(--ask)}
.tag{display:inline-block;font-size:.78rem;font-weight:600;border-radius:1rem;padding:.05rem .6rem;margin-right:.4rem;
background:var(--askbg);color:var(--ask)}
.tag.critical,.tag.high{background:var(--badbg);color:var(--bad)}
dl{margin:.5rem 0 0;display:grid;grid-template-columns:max-content 1fr;gap:.2rem .8rem}
dt{color:var(--soft)}dd{margin:0}
ul.plain{margin:0;padding:0;list-style:none;columns:2 20rem;column-gap:2rem}
ul.plain li{break-inside:avoid;padding:.15rem 0 .15rem 1.4rem;position:relative}
ul.plain.good li::before{content:"\\2713";color:var(--good);position:absolute;left:0;font-weight:700}
ul.plain.ask{margin-top:.4rem}
ul.plain.ask li::before{content:"?";color:var(--ask);position:absolute;left:.2rem;font-weight:700}
ul.plain.none li::before{content:"\\2013";color:var(--soft);position:absolute;left:.2rem}
details{margin-top:.5rem}
summary{cursor:pointer;color:var(--mark);font-size:.92rem}
code{font:.86rem/1.4 ui-monospace,Consolas,Menlo,monospace}
.words{display:block}
.words dt{color:var(--ink);font-weight:600;margin-top:.4rem}
.paper{display:none}
footer{margin-top:2.5rem;border-top:1px solid var(--line);padding-top:.8rem}
@media (max-width:34rem){header{gap:.8rem}
.counts li{padding:.4rem .5rem;font-size:.85rem}.grade{width:4rem;height:4rem;font-size:2.3rem}
.grade.none{font-size:.8rem}dl{grid-template-columns:1fr}dt{margin-top:.25rem}}
@media print{@page{size:letter;margin:9mm}
:root{--ink:#000;--soft:#444;--paper:#fff;--card:#fff;--line:#bbb;--bad:#8c1d17;--badbg:#fff;--ask:#6b4600;--askbg:#fff;
--good:#12522c;--goodbg:#fff}
html{font-size:8.2pt}body{font-size:1rem;line-height:1.28}main{max-width:none;padding:0}details,.screen{display:none}
.paper{display:revert;color:var(--soft)}ul.plain li.paper::before{content:""}
header{margin-bottom:.6rem}h1{font-size:1.6rem}h2{font-size:1.2rem;margin:.8rem 0 .3rem}h3{font-size:1rem}
.grade{width:4rem;height:4rem;font-size:2.3rem}.counts{margin-bottom:.3rem}
.counts li{padding:.1rem .5rem}.counts b{font-size:1rem;display:inline;margin-right:.3rem}
.points>li{padding:.2rem .6rem;margin:.2rem 0}
.rest dl,.rest p .soft{display:none}.rest p{display:inline}.rest h3{display:inline;margin-right:.5rem}
dl{margin-top:.1rem;gap:0 .6rem}.tag{padding:0 .4rem}
ul.plain{columns:3}footer{margin-top:.5rem;padding-top:.2rem}p{margin:.1rem 0}
.notice{padding:.15rem .5rem;margin:.2rem 0}}
"""
