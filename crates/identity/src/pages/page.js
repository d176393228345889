// Sends the token of a mailed link to the API when its owner presses the button. Opening the page changes nothing.
"use strict";

const form = document.querySelector("form");
const status = document.querySelector("[role=status]");
const button = form.querySelector("button");
const password = form.querySelector("input");
const token = new URLSearchParams(location.search).get("token") || "";

// The token need not stay in the address bar, nor in the history.
history.replaceState(null, "", location.pathname);

function say(text, kind) {
  status.textContent = text;
  status.className = kind;
}

if (!token) {
  button.disabled = true;
  say("This page is opened by the link in a mail.", "bad");
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  button.disabled = true;
  say("One moment …", "");
  const body = { token };
  if (password) body.password = password.value;
  try {
    const answer = await fetch(form.dataset.to, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    if (answer.ok) {
      form.hidden = true;
      say(form.dataset.done, "good");
      return;
    }
    const problem = await answer.json();
    const reasons = (problem.errors || []).map((error) => error.message);
    say(reasons.length ? "The password " + reasons.join(", ") + "." : problem.detail || problem.title, "bad");
    button.disabled = answer.status === 404 || answer.status === 410;
  } catch {
    say("There is no connection. Try again.", "bad");
    button.disabled = false;
  }
});
