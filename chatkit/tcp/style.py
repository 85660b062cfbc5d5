"""The colours of a drawing: they follow the page's theme, light or dark, in JupyterLab, VS Code and Colab.

The hues are told apart by people who confuse red and green too (after Okabe and Ito), and have enough contrast on
their background. Everything else is the colour that text has on the page.
"""

_LIGHT = "--ck-syn:#0063a8;--ck-data:#00694c;--ck-fin:#a84300;--ck-rst:#a3246f;--ck-back:var(--jp-layout-color0,#fff)"
_DARK = "--ck-syn:#6fbdff;--ck-data:#4fd6a9;--ck-fin:#ffb066;--ck-rst:#ff93cb;--ck-back:var(--jp-layout-color0,#111)"

_DARK_PAGES = (
    '[data-jp-theme-light="false"] .chatkit-ladder',
    "body.vscode-dark .chatkit-ladder",
    'html[theme="dark"] .chatkit-ladder',
)

NO_FORMULAS = "mathjax_ignore tex2jax_ignore"  # a page leaves dollar signs in it alone: who says "$5 or $6" means it

STYLE = "\n".join(
    [
        f".chatkit-ladder{{{_LIGHT}}}",
        ":root.chatkit-ladder{background:#fff;color:#1a1a1a}",  # a file of its own
        f"@media (prefers-color-scheme:dark){{:root.chatkit-ladder{{{_DARK};background:#111;color:#e8e8e8}}}}",
        f'@media (prefers-color-scheme:dark){{body:not([data-jp-theme-light="true"]) .chatkit-ladder{{{_DARK}}}}}',
        f"{','.join(_DARK_PAGES)}{{{_DARK}}}",
        *(
            f".chatkit-ladder .{kind}{{fill:var(--ck-{kind});stroke:var(--ck-{kind})}}"
            f".chatkit-ladder tspan.{kind}{{stroke:none}}"
            for kind in ("syn", "data", "fin", "rst")
        ),
        ".chatkit-ladder .ack{fill:currentColor;stroke:currentColor}.chatkit-ladder tspan.ack{stroke:none}",
        ".chatkit-ladder .lost,.chatkit-ladder .life{stroke:currentColor;fill:none}",
        ".chatkit-ladder .life{stroke-opacity:.55}",
        ".chatkit-ladder .faint{fill-opacity:.75}",
        ".chatkit-ladder .mono{font-family:ui-monospace,Menlo,Consolas,monospace;unicode-bidi:isolate}",
        ".chatkit-ladder .halo{paint-order:stroke;stroke:var(--ck-back);stroke-width:4px;stroke-linejoin:round}",
        ".chatkit-ladder text{white-space:pre}",
        ".chatkit-ladder .spot{fill:var(--ck-fin);fill-opacity:.16;stroke:var(--ck-fin)}",
    ]
)
