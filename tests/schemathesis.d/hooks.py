"""How the generated tests log in, where they are to stay logged in.

The tests call everything, so they also log themselves out, revoke their session, disable or erase the account they
use. Operations that may end the session get a session of their own; when a token is refused all the same, the next
case logs in again, with the next account if need be. Nothing is left out of the tests for that, and nothing of what
was generated is changed, but for an `Idempotency-Key` of its own that each POST gets.
"""
import atexit
import collections
import json
import os
import threading
import uuid

import requests
import schemathesis

BASE = os.environ["LYCEUM_BASE"]
with open(os.environ["LYCEUM_ACCOUNTS"], encoding="utf-8") as file:
    ACCOUNTS = json.load(file)

# Operations after which the session, or the account, may be gone.
ENDING = {
    ("POST", "/v1/auth/logout"),
    ("POST", "/v1/auth/logout-all"),
    ("DELETE", "/v1/auth/sessions/{id}"),
    ("POST", "/v1/auth/password/change"),
    ("DELETE", "/v1/me"),
}


class Sessions:
    """Hands out access tokens; a token that was refused is not handed out again."""

    def __init__(self, accounts):
        self.accounts = list(accounts)
        self.current = None
        self.lock = threading.Lock()

    def token(self):
        with self.lock:
            if self.current is None:
                self.current = self.log_in()
            return self.current

    def spent(self, token):
        with self.lock:
            if self.current == token:
                self.current = None

    def log_in(self):
        while self.accounts:
            answer = requests.post(f"{BASE}/v1/auth/login", json=self.accounts[0], timeout=30)
            if answer.status_code == 200:
                return answer.json()["access_token"]
            if answer.status_code not in (401, 403, 404, 410):
                raise RuntimeError(f"logging in answers {answer.status_code}: {answer.text}")
            self.accounts.pop(0)
        raise RuntimeError("every account of the tests is erased or disabled: give tests/schemathesis more of them")


LASTING = Sessions(ACCOUNTS[1::2])
PASSING = Sessions(ACCOUNTS[0::2])


def ends(case):
    return (case.method.upper(), case.operation.path) in ENDING


@schemathesis.auth(refresh_interval=None)
class Bearer:
    def get(self, case, context):
        return (PASSING if ends(case) else LASTING).token()

    def set(self, case, data, context):
        case.headers = case.headers or {}
        case.headers["Authorization"] = f"Bearer {data}"


STATUSES = collections.defaultdict(collections.Counter)


@atexit.register
def write_statuses():
    with open(os.environ["LYCEUM_STATUSES"], "w", encoding="utf-8") as file:
        json.dump(STATUSES, file)


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.method.upper() == "POST":
        case.headers = case.headers or {}
        case.headers["Idempotency-Key"] = uuid.uuid4().hex


@schemathesis.hook
def after_call(context, case, response):
    if response.request.method == case.operation.method.upper():
        STATUSES[case.operation.label][str(response.status_code)] += 1
    sent = response.request.headers.get("Authorization", "")
    if isinstance(sent, bytes):
        sent = sent.decode("latin-1")
    token = sent.removeprefix("Bearer ")
    if ends(case) and response.status_code < 400:
        PASSING.spent(token)
    if response.status_code == 401:
        LASTING.spent(token)
        PASSING.spent(token)
