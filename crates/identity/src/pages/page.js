// Sends the token of a mailed link to the API when its owner presses the button. Opening the page changes nothing.
"use strict";

const form = document.querySelector("form");
const status = document.querySelector("[role=status]");
const button = form.querySelector("button[type=submit]");
const email = form.querySelector("#email");
const password = form.querySelector("#password");
const factor = form.querySelector("#factor");
const register = form.querySelector("#register");
const token = new URLSearchParams(location.search).get("token") || "";

// The token need not stay in the address bar, nor in the history.
history.replaceState(null, "", location.pathname);

function say(text, kind) {
  status.textContent = text;
  status.className = kind;
}

function busy(is) {
  button.disabled = is;
  if (register) register.disabled = is;
}

async function call(path, body, bearer) {
  const headers = { "Content-Type": "application/json" };
  if (bearer) headers.Authorization = "Bearer " + bearer;
  return fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
}

// What the button does: the answer that decides.
async function press() {
  if (!email) {
    const body = { token };
    if (password) body.password = password.value;
    return call(form.dataset.to, body);
  }
  const body = { email: email.value, password: password.value };
  const code = form.querySelector("#totp").value.trim();
  if (code) body.totp = code;
  const login = await call("/v1/auth/login", body);
  return login.ok ? call(form.dataset.to, { code: token }, (await login.json()).access_token) : login;
}

async function send(attempt, done) {
  busy(true);
  say("One moment …", "");
  try {
    const answer = await attempt();
    if (answer.ok) {
      form.hidden = true;
      say(done, "good");
      return;
    }
    const problem = await answer.json();
    if (factor && String(problem.type).endsWith("/mfa-required")) factor.hidden = false;
    const reasons = (problem.errors || []).map((error) => error.message);
    say(reasons.length ? "What you typed " + reasons.join(", ") + "." : problem.detail || problem.title, "bad");
    busy(answer.status === 404 || answer.status === 410);
  } catch {
    say("There is no connection. Try again.", "bad");
    busy(false);
  }
}

if (!token) {
  busy(true);
  say("This page is opened by the link in a mail.", "bad");
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  send(press, form.dataset.done);
});

if (register) {
  register.addEventListener("click", () => {
    if (!form.reportValidity()) return;
    const body = { email: email.value, password: password.value, invite_code: token };
    send(() => call("/v1/auth/register", body), "Look into your mailbox: a message comes to confirm your address, and then you are in.");
  });
}
