namespace EdgeFleet.Measurement.Reports;

/// <summary>The report's style sheet: light and dark by the reader's preference, one column on a phone.</summary>
internal static class ReportStyle
{
    // Line colours after Okabe and Ito (2008), which readers with the common colour vision deficiencies tell apart; darkened for white paper.
    public const string Css = """
        :root{color-scheme:light dark;--paper:#fdfdfc;--card:#fff;--ink:#1c2024;--soft:#5b636b;--rule:#dfe3e6;--accent:#0067b8;--best:#e7f4ec;--warn:#8a4b00;
        --c0:#0072b2;--c1:#d55e00;--c2:#009e73;--c3:#b0468c;--c4:#a07800;--c5:#2b9fd8;--c6:#444;--c7:#7a3fc2;--c8:#c0392b;--c9:#3b7a1e;
        --k0:#d55e00;--k1:#f2a65a;--k2:#0072b2;--k3:#56b4e9;--k4:#8fd0f5;--k5:#009e73;--k6:#7bcfae;--k7:#f0e442;--k8:#cc79a7;--k9:#999;--k10:#5c5c8a;--k11:#c9c9c9}
        @media(prefers-color-scheme:dark){:root{--paper:#14171a;--card:#1c2024;--ink:#e8eaed;--soft:#a3abb3;--rule:#343a40;--accent:#6cb8ff;--best:#17382a;--warn:#ffc069;
        --c0:#4db3f0;--c1:#ff8b3d;--c2:#2fd3a2;--c3:#f08ccb;--c4:#e6c13a;--c5:#9bdcff;--c6:#c8c8c8;--c7:#b694ff;--c8:#ff7b6b;--c9:#8fd16a}}
        *{box-sizing:border-box}
        body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;overflow-wrap:anywhere}
        main{max-width:1120px;margin:0 auto;padding:24px 16px 64px}
        h1{font-size:1.6rem;line-height:1.2;margin:0 0 4px}h2{font-size:1.2rem;margin:40px 0 8px}h3{font-size:1.05rem;margin:28px 0 8px}h4{font-size:.95rem;margin:16px 0 6px;color:var(--soft)}
        p{margin:6px 0}.soft,small{color:var(--soft)}.warn{color:var(--warn)}
        .scroll{overflow-x:auto;margin:8px 0;border:1px solid var(--rule);border-radius:8px;background:var(--card)}
        table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
        th,td{padding:8px 12px;text-align:left;vertical-align:top;border-top:1px solid var(--rule);overflow-wrap:normal}
        thead th{border-top:0;color:var(--soft);font-weight:600;font-size:.85rem;white-space:nowrap}
        tbody th{font-weight:400}td.n,th.n{text-align:right;white-space:nowrap}td b{display:block;white-space:nowrap}td small{display:block}td:not(.n){min-width:8.5em}td.best{background:var(--best)}
        .charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:16px}
        figure{margin:0;padding:12px;border:1px solid var(--rule);border-radius:8px;background:var(--card)}figcaption{font-weight:600;margin-bottom:6px}
        svg{display:block;width:100%;height:auto}svg.key{display:inline-block;width:34px;height:14px;vertical-align:-2px;margin-right:4px}
        .grid{stroke:var(--rule)}.axis{stroke:var(--soft)}.tick{fill:var(--soft);font-size:12px}.cross{stroke:var(--soft);stroke-dasharray:3 3;opacity:.55}
        .line{fill:none;stroke-width:2;stroke:currentColor}.spread{stroke:currentColor;stroke-width:1.5;opacity:.6}.m{fill:currentColor;stroke:var(--card);stroke-width:1}
        .c0{color:var(--c0)}.c1{color:var(--c1)}.c2{color:var(--c2)}.c3{color:var(--c3)}.c4{color:var(--c4)}.c5{color:var(--c5)}.c6{color:var(--c6)}.c7{color:var(--c7)}.c8{color:var(--c8)}.c9{color:var(--c9)}
        .k0{background:var(--k0)}.k1{background:var(--k1)}.k2{background:var(--k2)}.k3{background:var(--k3)}.k4{background:var(--k4)}.k5{background:var(--k5)}.k6{background:var(--k6)}.k7{background:var(--k7)}.k8{background:var(--k8)}.k9{background:var(--k9)}.k10{background:var(--k10)}.k11{background:var(--k11)}
        .legend{display:flex;flex-wrap:wrap;gap:4px 16px;font-size:.9rem;margin:10px 0}.legend span{white-space:nowrap}.box{display:inline-block;width:12px;height:12px;border-radius:2px;margin-right:5px;vertical-align:-1px}
        .bars{display:grid;grid-template-columns:minmax(120px,max-content) 1fr;gap:6px 12px;align-items:center;font-size:.9rem}
        .bar{display:flex;height:22px;border-radius:4px;overflow:hidden}.bar span{font-size:.72rem;line-height:22px;text-align:center;color:#111;overflow:hidden;white-space:nowrap}.bar .k2,.bar .k10{color:#fff}
        details{margin:8px 0}summary{cursor:pointer;color:var(--accent)}ul{margin:6px 0;padding-left:22px}
        @media(max-width:560px){.bars{grid-template-columns:1fr;gap:2px}.bars .bar{margin-bottom:8px}th,td{padding:7px 8px}}
        @media print{body{background:#fff}figure,tr{break-inside:avoid}}
        """;
}
