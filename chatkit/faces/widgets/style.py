"""How a chat looks in a notebook: one sheet of CSS, for light and dark.

JupyterLab says on <body> whether its theme is light and has variables for its colours; VS Code has a class. Classes
begin with `ck-`, so that nothing else on the page changes.
"""

STYLE = """<style>
.ck-chat {
  --ck-ink: var(--jp-ui-font-color1, #212121);
  --ck-faint: var(--jp-ui-font-color2, #616161);
  --ck-edge: var(--jp-border-color2, #bdbdbd);
  --ck-ground: var(--jp-layout-color1, white);
  --ck-tint: var(--jp-layout-color2, #eeeeee);
  --ck-good: #00694b; --ck-wait: #8a5a00; --ck-bad: #b3261e;
  box-sizing: border-box; flex: 1 1 300px; min-width: 0; max-width: 560px;
  margin: 4px; padding: 10px 12px; overflow: hidden;
  border: 1px solid var(--ck-edge); border-radius: 8px; background: var(--ck-ground); color: var(--ck-ink);
}
[data-jp-theme-light="false"] .ck-chat, .vscode-dark .ck-chat {
  --ck-good: #5fd7a7; --ck-wait: #e3c75f; --ck-bad: #ff9aa8;
}
.ck-chat .ck-hue { --ck-hue: var(--on-light); }
[data-jp-theme-light="false"] .ck-chat .ck-hue, .vscode-dark .ck-chat .ck-hue { --ck-hue: var(--on-dark); }
.ck-chat .widget-html, .ck-chat .widget-html-content {
  height: auto; min-height: 0; margin: 0; overflow: visible;
  line-height: 1.4; font-size: var(--jp-ui-font-size1, 13px); color: inherit;
}
.ck-chat .widget-html-content { width: 100%; overflow-wrap: anywhere; }
.ck-chat .widget-button { width: auto; flex: none; margin: 0; border-radius: 4px; }
.ck-chat .widget-text { margin: 0; height: auto; }
.ck-name { font-weight: 600; color: var(--ck-hue); }

.ck-top { flex-flow: row wrap; justify-content: space-between; align-items: flex-start; gap: 8px; }
.ck-head .ck-name, .ck-head > b { font-size: 1.15em; margin-right: 6px; }
.ck-state { white-space: nowrap; color: var(--ck-wait); }
.ck-connected { color: var(--ck-good); }
.ck-offline { color: var(--ck-faint); }
.ck-ends, .ck-time { color: var(--ck-faint); font-size: 0.88em; font-weight: normal; }
.ck-ends > span { display: inline-block; }
.ck-ends code { font-size: 1em; color: inherit; background: none; padding: 0; }

.ck-middle { gap: 10px; margin: 6px 0 8px; align-items: stretch; height: 240px; }
.ck-log {
  flex: 1 1 0; min-width: 0; height: 100%; box-sizing: border-box; padding: 8px 8px 2px; overflow: auto;
  display: flex; flex-flow: column-reverse;  /* stays at its newest line without JavaScript */
  border: 1px solid var(--ck-edge); border-radius: 6px;
}
.ck-log > .widget-html { flex: none; }
.ck-line {
  width: fit-content; max-width: 88%; box-sizing: border-box; margin: 0 0 6px; padding: 2px 9px 4px;
  border-left: 3px solid var(--ck-hue); border-radius: 4px; background: var(--ck-tint);
}
.ck-line > bdi { white-space: pre-wrap; }
.ck-mine {
  margin-left: auto; border-left: 1px solid var(--ck-edge); border-right: 3px solid var(--ck-hue); background: none;
  border-top: 1px solid var(--ck-edge); border-bottom: 1px solid var(--ck-edge);
}
.ck-private { font-style: italic; }
.ck-past { background: none; color: var(--ck-faint); border-left-style: dashed; }
.ck-new {
  display: flex; align-items: center; gap: 8px; margin: 2px 0 6px; color: var(--ck-wait); font-size: 0.92em;
  font-weight: 600;
}
.ck-new::before, .ck-new::after { content: ""; flex: 1; border-top: 1px solid currentColor; }
.ck-notice { margin: 0 0 6px; text-align: center; color: var(--ck-faint); font-size: 0.92em; }
.ck-trouble { margin: 0 0 6px; padding: 3px 9px; border-left: 3px solid var(--ck-bad); background: var(--ck-tint); }
.ck-remark { border-color: var(--ck-wait); }
.ck-people { flex: 0 0 92px; height: 100%; overflow: auto; }
.ck-people ul { list-style: none; margin: 4px 0 0; padding: 0; }
.ck-people li { margin: 0 0 2px; }

.ck-bottom { gap: 8px; align-items: center; }
.ck-waiting { flex-flow: row wrap; gap: 8px; margin: 0 0 8px; }
.ck-keep.widget-checkbox { flex: 1 0 100%; width: auto; margin: 0; }
.ck-keep label { white-space: normal; color: var(--ck-faint); }
.ck-bottom > .widget-text { flex: 1 1 auto; width: auto; min-width: 0; }
.ck-bottom > .widget-text > label {  /* for those who hear the page; the others see the placeholder */
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
}
.ck-login { flex-flow: row wrap; align-items: flex-end; gap: 8px; }
.ck-login > .widget-text { flex: 1 1 100px; width: auto; min-width: 0; display: block; }
.ck-login > .ck-port { flex: 0 1 64px; }
.ck-login > .widget-text > label {
  display: block; width: auto; height: auto; text-align: left; line-height: 1.5; color: var(--ck-faint);
}
.ck-login > .widget-text > input { width: 100%; }
.ck-blame-name .ck-field-name input, .ck-blame-server .ck-field-server input,
.ck-blame-password .ck-field-password input {
  border: 2px solid var(--ck-bad) !important;
}
.ck-pair { flex-flow: row wrap; align-items: stretch; overflow: visible; }
</style>"""
