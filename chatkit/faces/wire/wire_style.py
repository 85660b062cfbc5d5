"""How the wire view looks: one sheet of CSS for light and dark, narrow pages, and paper."""

from chatkit.faces.wire.picture import FRESH
from chatkit.tcp.style import STYLE as DRAWING

STYLE = f"""<style>
{DRAWING}
{FRESH}
.ck-wire {{
  --ck-edge: var(--jp-border-color2, #bdbdbd); --ck-faint: var(--jp-ui-font-color2, #616161);
  box-sizing: border-box; max-width: 1320px; margin: 4px; padding: 10px 12px; overflow: hidden;
  border: 1px solid var(--ck-edge); border-radius: 8px;
  background: var(--jp-layout-color1, transparent); color: var(--jp-ui-font-color1, inherit);
}}
.ck-wire .chatkit-ladder {{ --ck-back: var(--jp-layout-color1, #fff); }}
.ck-wire .widget-html, .ck-wire .widget-html-content {{
  height: auto; min-height: 0; margin: 0; width: 100%; overflow: visible;
  line-height: 1.4; font-size: var(--jp-ui-font-size1, 13px); color: inherit;
}}
.ck-tools {{ flex-flow: row wrap; gap: 6px; align-items: center; margin: 0 0 6px; overflow: visible; }}
.ck-tools .widget-button, .ck-tools .widget-toggle-button {{ width: auto; margin: 0; border-radius: 4px; flex: none; }}
.ck-tools .widget-toggle-button:not(.mod-active) {{ text-decoration: line-through; opacity: .75; }}
.ck-tools .ck-plain.widget-toggle-button:not(.mod-active) {{ text-decoration: none; opacity: 1; }}
.ck-tools .widget-dropdown {{ width: auto; height: auto; margin: 0; flex: 0 1 auto; min-width: 0; }}
.ck-tools .widget-dropdown > label, .ck-tools .widget-text > label {{ width: auto; }}
.ck-tools .widget-text {{ width: auto; height: auto; margin: 0; }}
.ck-tools .widget-text > input {{ width: 6em; }}
.ck-tools .widget-dropdown > select {{ width: auto; max-width: 240px; }}
.ck-tools button:focus-visible, .ck-wire select:focus-visible {{
  outline: 2px solid var(--jp-brand-color1, #1976d2); outline-offset: 1px;
}}
.ck-film {{
  min-height: 400px; max-height: 720px; overflow: auto;
  display: flex; flex-flow: column-reverse;  /* stays at its newest row */
  border: 1px solid var(--ck-edge); border-radius: 6px; padding: 4px 0;
}}
.ck-film > .widget-html {{ flex: none; margin-bottom: auto; }}
.ck-film svg {{ display: block; margin: 0 auto; }}
.ck-caption {{ min-height: 2.8em; margin: 6px 2px; font-size: 1.1em; overflow-wrap: anywhere; }}
.ck-caption b {{ font-weight: 600; }}
.ck-caption .ck-count {{ color: var(--ck-faint); }}
.ck-wire .widget-select {{ width: 100%; height: auto; margin: 4px 0; display: block; }}
.ck-wire .widget-select > label {{ width: auto; height: auto; text-align: left; white-space: normal; }}
.ck-wire .widget-select > select {{
  width: 100%; font-family: var(--jp-code-font-family, monospace); white-space: pre; overflow: auto;
}}
@media print {{
  .ck-tools, .ck-wire .widget-select {{ display: none; }}
  .ck-film {{ min-height: 0; max-height: none; }}
}}
</style>"""
