"use strict";
window.addEventListener("load", () => {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const paint = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
  dark.addEventListener("change", paint);
  paint();

  const ui = SwaggerUIBundle({
    url: "/openapi.json",
    dom_id: "#swagger-ui",
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    filter: true,
    layout: "BaseLayout",
    // Tokens live as long as the page: a shared computer forgets them.
    persistAuthorization: false,
    presets: [SwaggerUIBundle.presets.apis],
    showCommonExtensions: true,
    tryItOutEnabled: true,
    validatorUrl: null,
  });
  ui.initOAuth({ appName: "Lyceum", clientId: "", clientSecret: "", scopes: [] });
});
