"use strict";
const dark = window.matchMedia("(prefers-color-scheme: dark)").matches;
const sans = "system-ui, -apple-system, 'Segoe UI', sans-serif";
const mono = "ui-monospace, 'Cascadia Code', Menlo, Consolas, monospace";
document.body.style.background = dark ? "#16191d" : "#ffffff";
Redoc.init("/openapi.json", {
  hideDownloadButton: false,
  expandResponses: "200,201",
  sortRequiredPropsFirst: true,
  nativeScrollbars: true,
  theme: {
    colors: dark
      ? {
          primary: { main: "#8ab4f8" },
          text: { primary: "#e3e6ea", secondary: "#a4acb6" },
          border: { dark: "#3a424c", light: "#2a3038" },
          responses: { success: { backgroundColor: "#173024" }, error: { backgroundColor: "#3a1d1f" } },
        }
      : { primary: { main: "#1f4e8c" } },
    schema: dark ? { nestedBackground: "#1d2228", linesColor: "#4a5560" } : {},
    sidebar: dark ? { backgroundColor: "#1b1f24", textColor: "#d5dae0" } : { backgroundColor: "#f6f7f9" },
    rightPanel: { backgroundColor: dark ? "#101316" : "#22303f" },
    typography: {
      fontFamily: sans,
      headings: { fontFamily: sans, fontWeight: "600" },
      code: { fontFamily: mono, backgroundColor: dark ? "#262c33" : "#f0f2f5", color: dark ? "#f2a97e" : "#a3431f" },
      links: { color: dark ? "#8ab4f8" : "#1f4e8c" },
    },
  },
}, document.getElementById("redoc"));
