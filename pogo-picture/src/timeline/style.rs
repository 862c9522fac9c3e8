//! Colours and patterns.
//!
//! The colours are those of Okabe and Ito, which are distinguishable for every kind of colour blindness. None is used
//! alone: hooks are striped, settling is dotted, connecting is thin, and every end has its own sign.

/// Rules for every picture, light and then dark.
pub(crate) const SHEET: &str = "\
.pogo{font:11px system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;background:#fff}
.pogo text{fill:#1f2933}.pogo .dim{fill:#66727f}.pogo .bold{font-weight:600}.pogo .head{font-size:17px;font-weight:600}
.pogo .right{text-anchor:end}.pogo .mid{text-anchor:middle}.pogo .small{font-size:9px}
.paper{fill:#fff}.grid{stroke:#e3e8ed;fill:none}.rail{stroke:#eef1f4;fill:none}.edge{stroke:#9aa5b1;fill:none}
.lane{fill:#f1f4f7}.line{stroke:#9aa5b1;fill:none;stroke-dasharray:2 3}.limit{stroke:#1f2933;fill:none;stroke-dasharray:5 3}
.now{stroke:#0072b2;fill:none;stroke-width:1.5}.slow{stroke:#b26b00;fill:none;stroke-width:2}
.connect{fill:#8a97a6}.pre{fill:url(#pogo-pre)}.command,.running{fill:#0072b2}.post{fill:url(#pogo-post)}
.settle{fill:url(#pogo-settle)}.ok{fill:#009e73}.failed{fill:#d55e00}.doubt{fill:#cc79a7}.down{fill:#66727f}.held{fill:#7a5c1e}
.used{fill:#0072b2;fill-opacity:.5;stroke:#0072b2}.skipped,.cancelled{fill:#b4bec8}.soft{fill-opacity:.38}
.trail-failed{fill:url(#pogo-trail-failed)}.trail-doubt{fill:url(#pogo-trail-doubt)}.trail-down{fill:url(#pogo-trail-down)}.trail-held{fill:url(#pogo-trail-held)}
.c-pre{fill:#e69f00}.c-post{fill:#56b4e9}.c-settle{fill:#f0e442}.c-stripe{fill:#fff;fill-opacity:.6}.c-dot{fill:#6b6000}
.sign{fill:none;stroke-width:1.9;stroke-linecap:round;stroke-linejoin:round}.halo{fill:none;stroke:#fff;stroke-width:4.5;stroke-linecap:round;stroke-linejoin:round}
.s-ok{stroke:#00805d}.s-failed{stroke:#c04f00}.s-doubt{stroke:#a8487f}.s-skipped,.s-cancelled,.s-waiting,.s-down{stroke:#66727f}.s-held{stroke:#7a5c1e}.s-running{stroke:#0072b2}
.pogo .on{fill:#fff;font-size:9px;font-weight:600;text-anchor:middle}
.box{fill:#f6f8fa;stroke:#9aa5b1}.arrow{fill:none;stroke:#66727f;stroke-width:1.4}.across{fill:none;stroke:#d55e00;stroke-width:1.3;stroke-dasharray:5 3}
.tip-arrow{fill:#66727f}.tip-across{fill:#d55e00}
@media (prefers-color-scheme:dark){
.pogo{background:#10151b}
.pogo text{fill:#e4e9ee}.pogo .dim{fill:#9aa7b4}
.paper{fill:#10151b}.grid{stroke:#27303a}.rail{stroke:#1b222a}.edge{stroke:#5a6774}.lane{fill:#1a2129}.line{stroke:#5a6774}.limit{stroke:#e4e9ee}
.now{stroke:#4aa8e0}.slow{stroke:#ffb347}
.connect{fill:#7d8a99}.command,.running{fill:#2f8fd0}.ok{fill:#12b886}.failed{fill:#f0741f}.doubt{fill:#d98bb5}.down{fill:#9aa7b4}.held{fill:#d9b25f}
.used{fill:#2f8fd0;stroke:#4aa8e0}.skipped,.cancelled{fill:#4b5763}.c-post{fill:#8fd0f5}.c-stripe{fill:#10151b;fill-opacity:.5}
.halo{stroke:#10151b}.s-ok{stroke:#2fd3a2}.s-failed{stroke:#ff8a3d}.s-doubt{stroke:#eda6cc}.s-skipped,.s-cancelled,.s-waiting,.s-down{stroke:#9aa7b4}.s-held{stroke:#d9b25f}.s-running{stroke:#4aa8e0}
.box{fill:#1a2129;stroke:#5a6774}.arrow{stroke:#9aa7b4}.across{stroke:#ff8a3d}.tip-arrow{fill:#9aa7b4}.tip-across{fill:#ff8a3d}
}
";

/// Patterns and signs used by the rules and the drawing.
pub(super) const DEFINITIONS: &str = "\
<defs>
<pattern id=\"pogo-pre\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><rect class=\"c-pre\" width=\"5\" height=\"5\"/><rect class=\"c-stripe\" width=\"1.6\" height=\"5\"/></pattern>
<pattern id=\"pogo-post\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(-45)\"><rect class=\"c-post\" width=\"5\" height=\"5\"/><rect class=\"c-stripe\" width=\"1.6\" height=\"5\"/></pattern>
<pattern id=\"pogo-settle\" width=\"4\" height=\"4\" patternUnits=\"userSpaceOnUse\"><rect class=\"c-settle\" width=\"4\" height=\"4\"/><circle class=\"c-dot\" cx=\"1.5\" cy=\"1.5\" r=\".8\"/></pattern>
<pattern id=\"pogo-trail-failed\" width=\"4\" height=\"4\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><rect class=\"failed\" width=\"1.5\" height=\"4\"/></pattern>
<pattern id=\"pogo-trail-doubt\" width=\"4\" height=\"4\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(-45)\"><rect class=\"doubt\" width=\"1.5\" height=\"4\"/></pattern>
<pattern id=\"pogo-trail-down\" width=\"4\" height=\"4\" patternUnits=\"userSpaceOnUse\"><rect class=\"down\" width=\"1\" height=\"4\"/></pattern>
<pattern id=\"pogo-trail-held\" width=\"4\" height=\"4\" patternUnits=\"userSpaceOnUse\"><rect class=\"held\" width=\"4\" height=\"1.5\"/></pattern>
<path id=\"pogo-ok\" d=\"M1 5.2 3.6 7.8 8.4 2.2\"/>
<path id=\"pogo-failed\" d=\"M1.5 1.5 8.5 8.5M8.5 1.5 1.5 8.5\"/>
<path id=\"pogo-doubt\" d=\"M2.3 3.2C2.3.4 7.7.4 7.7 3.2 7.7 5 5 4.9 5 6.5M5 8.9V9\"/>
<path id=\"pogo-skipped\" d=\"M1 2 4.5 5 1 8M5 2 8.5 5 5 8\"/>
<path id=\"pogo-cancelled\" d=\"M1.5 5H8.5\"/>
<path id=\"pogo-down\" d=\"M5 1V8M2 5.5 5 8.5 8 5.5\"/>
<path id=\"pogo-held\" d=\"M2 4.5H8V8.5H2ZM3.3 4.5V3C3.3.8 6.7.8 6.7 3V4.5\"/>
<path id=\"pogo-running\" d=\"M2.5 1.5 6.5 5 2.5 8.5\"/>
</defs>
";
