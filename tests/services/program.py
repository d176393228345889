"""Runs `lyceum` for the scripts beside: on a free port, in a folder of its own, with settings of its own."""
import email
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import time
from email import policy
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parent.parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
CONVENTIONAL = ("DATABASE_URL", "REDIS_URL", "SMTP_URL", "PORT", "RUST_LOG")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(folder, port, database_url=None, **settings):
    """The caller's environment without its own settings of Lyceum, plus these; `limits__enabled=False` and the like."""
    kept = {
        name: value for name, value in os.environ.items()
        if name not in CONVENTIONAL and not name.startswith(("LYCEUM", "S3_"))
    }
    if database_url:
        kept["DATABASE_URL"] = database_url
    for key, value in settings.items():
        kept[f"LYCEUM__{key.upper()}"] = str(value).lower() if isinstance(value, bool) else str(value)
    return kept | {"LYCEUM_DATA_DIR": str(Path(folder) / "data"), "PORT": str(port), "RUST_LIB_BACKTRACE": "0"}


class Service:
    """A throwaway PostgreSQL or Redis: `with Service("postgres", folder, "--durable") as url`."""

    def __init__(self, name, folder, *options):
        self.script, self.folder, self.options = ROOT / "tests" / "services" / name, str(folder), options

    def __enter__(self):
        command = [self.script, "start", self.folder, *self.options]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()

    def __exit__(self, *_):
        subprocess.run([self.script, "stop", self.folder], check=False)


class Program:
    """One `lyceum serve`, which may be killed and started again."""

    def __init__(self, binary, folder, settings, command=("serve",)):
        self.binary, self.folder, self.settings = Path(binary).resolve(), Path(folder), settings
        self.command = command
        self.port = int(settings["PORT"])
        self.base = f"http://127.0.0.1:{self.port}"
        self.log = self.folder / "server.log"
        self.process = None
        if not self.binary.is_file():
            raise SystemExit(f"{self.binary} is not there: build it first")

    def run(self, *command, **options):
        """Another command of the program with the same settings."""
        options = {"check": True, "text": True, "stdout": subprocess.PIPE} | options
        return subprocess.run([self.binary, *command], cwd=self.folder, env=self.settings, **options)

    def make_admin(self, address, password):
        self.run("admin", "create", "--email", address, "--password-stdin", input=password + "\n")

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.binary, *self.command], cwd=self.folder, env=self.settings, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        return self

    def wait_until_ready(self, patience=30.0):
        """Seconds from now until the first 200 of /health/ready."""
        started = time.monotonic()
        while time.monotonic() - started < patience:
            if self.process.poll() is not None:
                raise SystemExit(f"the server ended with {self.process.returncode}:\n{self.last_lines()}")
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
                connection.request("GET", "/health/ready")
                if connection.getresponse().status == 200:
                    return time.monotonic() - started
            except OSError:
                pass
            finally:
                connection.close()
            time.sleep(0.005)
        raise SystemExit(f"the server is not ready after {patience:.0f} s:\n{self.last_lines()}")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=40)
        except subprocess.TimeoutExpired:
            self.kill()

    def last_lines(self, count=40):
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return "\n".join("  " + line for line in lines[-count:])


class Client:
    """JSON over one kept connection. Answers `(status, headers, body)`; OSError or HTTPException when there is no answer."""

    def __init__(self, port, token=None, timeout=15):
        self.port, self.token, self.timeout = port, token, timeout
        self.connection = None

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def call(self, method, path, body=None, **headers):
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        payload = None
        if body is not None:
            payload = json.dumps(body)
            sent.setdefault("Content-Type", "application/json")
        try:
            self.connection.request(method, path, payload, sent)
            answer = self.connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        is_json = "json" in (answer.getheader("Content-Type") or "")
        return answer.status, answer.headers, json.loads(text) if text and is_json else text

    def log_in(self, address, password, school=None):
        """Logs in, to act in the school of this slug if one is given."""
        return self.log_in_as({"email": address, "password": password} | ({"school": school} if school else {}))

    def log_in_as(self, who):
        """Logs in with the members of `POST /v1/auth/login`."""
        status, _, body = self.call("POST", "/v1/auth/login", who)
        if status != 200:
            raise SystemExit(f"{who.get('email') or who.get('username')} cannot log in: {status} {body}")
        self.token = body["access_token"]
        return self


def letters(folder):
    """The mail that was written to the data folder: `(recipient, message id, subject, plain text)`."""
    for path in sorted((Path(folder) / "data" / "mail").glob("*.eml")):
        yield parse_letter(path.read_bytes())


def parse_letter(source):
    message = email.message_from_bytes(source, policy=policy.default)
    recipient = message["To"].addresses[0].addr_spec.lower()
    plain = message.get_body(preferencelist=("plain",))
    return recipient, str(message["Message-ID"]), str(message["Subject"]), plain.get_content() if plain else ""


def token_in(text):
    """The one-time token in a letter's link."""
    found = re.search(r"[?&]token=([^\s&\"'<>]+)", text)
    return unquote(found.group(1)) if found else None
