"""What `tests/load` needs for exams: tests, attempts, and the rows that the program writes, written by hand in SQL."""
import subprocess

QUESTIONS = 20
TESTS = 200  # copies of one test; with as many learners, so many times more attempts


def ask(url, text):
    """The lines that a query answers."""
    ended = subprocess.run(["psql", "-Atq", url, "-v", "ON_ERROR_STOP=1", "-c", text], check=True, stdout=subprocess.PIPE, text=True)
    return ended.stdout.splitlines()


def copies(test):
    """The same test under other ids."""
    return f"""INSERT INTO tests SELECT (jsonb_populate_record(t, jsonb_build_object('id', gen_random_uuid()))).*
        FROM tests t, generate_series(1, {TESTS}) WHERE t.id = '{test}' RETURNING id"""


# One attempt that runs, with its answers, again for each of some tests and learners.
ATTEMPTS = """
CREATE TABLE load_attempts AS
  SELECT gen_random_uuid() AS id, t AS test_id, u AS user_id FROM unnest('{{{tests}}}'::uuid[]) t, unnest('{{{users}}}'::uuid[]) u;
INSERT INTO attempts SELECT (jsonb_populate_record(a, jsonb_build_object('id', l.id, 'test_id', l.test_id, 'user_id', l.user_id))).*
  FROM attempts a, load_attempts l WHERE a.id = '{attempt}';
INSERT INTO attempt_answers SELECT (jsonb_populate_record(s, jsonb_build_object('attempt_id', l.id))).*
  FROM attempt_answers s, load_attempts l WHERE s.attempt_id = '{attempt}';
DROP TABLE load_attempts; ANALYZE attempts; ANALYZE attempt_answers; ANALYZE tests;
"""


def sit(url, made, learner, tokens, people):
    """A test of twenty questions to take in one step, as many attempts to hand in, and one of each learner to save in."""
    body = {"title": "Leaves", "questions": [
        {"type": "true_false", "text": f"Leaf {number} is green.", "correct": True} for number in range(QUESTIONS)
    ]}
    test = made("/v1/tests", body)
    made(f"/v1/tests/{test['id']}/publish", None)
    questions = [view["question_id"] for view in test["questions"]]
    at_once, to_hand_in = ask(url, copies(test["id"])), ask(url, copies(test["id"]))
    learner.token = tokens[0]
    _, _, attempt = learner.call("POST", f"/v1/tests/{test['id']}/attempts", {})
    answers = [{"question_id": question, "seq": 1, "answer": True} for question in questions]
    learner.call("PUT", f"/v1/attempts/{attempt['id']}/answers", {"answers": answers})
    users = [person["id"] for person in people]
    subprocess.run(["psql", "-q", url, "-v", "ON_ERROR_STOP=1"], check=True, text=True, stdout=subprocess.DEVNULL, input=ATTEMPTS.format(
        tests=",".join(to_hand_in), users=",".join(users), attempt=attempt["id"]))
    by_user = dict(zip(users, tokens))
    listed = ask(url, f"SELECT id, user_id FROM attempts WHERE test_id = ANY('{{{','.join(to_hand_in)}}}') ORDER BY id")
    running = [(identity, by_user[user]) for identity, user in (line.split("|") for line in listed)]
    saving = []
    for token in tokens:
        learner.token = token
        _, _, own = learner.call("POST", f"/v1/tests/{test['id']}/attempts", {})
        saving.append((own["id"], token))
    return {"questions": questions, "at_once": at_once, "running": running, "saving": saving, "tokens": tokens, "users": users}


def requests(scene):
    """`(name, requests, hand)` of each row: the requests are sent once each."""
    as_json = {"Content-Type": "application/json"}
    own = lambda token: {"Authorization": f"Bearer {token}"}  # noqa: E731
    questions = scene["questions"]
    answers = {"answers": {question: True for question in questions}}
    at_once = [("POST", f"/v1/tests/{test}/submit", own(token) | as_json, answers) for test in scene["at_once"] for token in scene["tokens"]]
    hand_in = [("POST", f"/v1/attempts/{attempt}/submit", own(token), None) for attempt, token in scene["running"]]
    save = [
        ("PUT", f"/v1/attempts/{attempt}/answers/{questions[turn % QUESTIONS]}", own(token) | as_json, {"seq": turn + 1, "answer": turn % 3 > 0})
        for turn in range(400) for attempt, token in scene["saving"]
    ]
    return [
        ("POST /v1/tests/{id}/submit (20 questions)", at_once, AtOnce(scene)),
        ("POST /v1/attempts/{id}/submit (20 q.)", hand_in, HandIn(scene)),
        ("PUT …/answers/{question} (autosave)", save, Save(scene)),
    ]


NUMBERED = "\\set k :k + 1\n\\set n :client_id + :clients * :k\n"
AUDIT = """INSERT INTO audit_log (id, at, school_id, actor_id, actor_session, action, target_type, target_id, outcome, before, after, ip, request_id, subject_id)
  SELECT p.audit_id, now(), p.school_id, p.user_id, p.audit_id, 'assessments.attempt_submitted', 'attempt', p.attempt_id, 'success', {before}, {after},
    '127.0.0.1', 'by-hand', p.user_id FROM load_pairs p WHERE p.n = :n;"""

# Who listens is told: blocks are completed by tests.
TOLD = """INSERT INTO jobs (id, kind, state, payload, event_id, school_id, request_id, run_at, attempt, progress_done, progress_errors, created_at)
  SELECT gen_random_uuid(), 'enrollments.follow_test', 'ready', jsonb_build_object('school_id', p.school_id, 'test_id', p.test_id, 'course_id', NULL,
    'attempt_id', p.attempt_id, 'user_id', p.user_id, 'score', 20.0, 'max_score', 20.0, 'percent', 100.0, 'passed', NULL, 'finished_at', now()),
    p.audit_id, p.school_id, 'by-hand', now(), 0, 0, 0, now() FROM load_pairs p WHERE p.n = :n;"""


class Hand:
    """The rows of the program, by hand: what is prepared, a transaction for pgbench, and how it is undone."""

    tables = ("attempts", "attempt_answers")

    def __init__(self, scene):
        self.scene = scene

    def literal(self, url, text):
        """A value out of the database, to be written into SQL."""
        return ask(url, f"SELECT coalesce(quote_literal(({text})::text), 'NULL')")[0]

    def done(self, url, state="submitted"):
        """An attempt that the program has written."""
        return ask(url, f"SELECT id FROM attempts WHERE state = '{state}' AND marks IS NOT NULL ORDER BY updated_at DESC LIMIT 1")[0]

    def facts(self, url, attempt):
        row = "SELECT {} FROM audit_log WHERE target_id = '%s' AND action = 'assessments.attempt_submitted'" % attempt
        return [self.literal(url, row.format(column)) + "::jsonb" for column in ("before", "after")]


class AtOnce(Hand):
    """An attempt, twenty answers, an audit row, a row for who listens."""

    def pairs(self):
        tests, users = ",".join(self.scene["at_once"]), ",".join(self.scene["users"])
        return f"""CREATE TABLE load_pairs AS
          SELECT row_number() OVER (ORDER BY t.id, u) - 1 AS n, t.school_id, t.id AS test_id, u AS user_id, gen_random_uuid() AS attempt_id, gen_random_uuid() AS audit_id
          FROM tests t, unnest('{{{users}}}'::uuid[]) u WHERE t.id = ANY('{{{tests}}}'::uuid[])
            AND NOT EXISTS (SELECT FROM attempts a WHERE a.school_id = t.school_id AND a.test_id = t.id AND a.user_id = u);
        ALTER TABLE load_pairs ADD PRIMARY KEY (n); ANALYZE load_pairs;"""

    def script(self, url):
        done = self.done(url)
        value = lambda column: self.literal(url, f"SELECT {column} FROM attempts WHERE id = '{done}'")  # noqa: E731
        answers = ", ".join(f"('{question}'::uuid, 'true'::jsonb)" for question in self.scene["questions"])
        before, after = self.facts(url, done)
        return f"""{NUMBERED}BEGIN;
INSERT INTO attempts (school_id, id, test_id, user_id, number, state, trial, test_revision, paper, seed, deadline, ends_at, started_at, finished_at, marks, graded, score, max_score, passed, version, updated_at)
  SELECT school_id, attempt_id, test_id, user_id, 1, 'submitted', false, 1, {value('paper')}::jsonb, 0, {value('deadline')}::jsonb, NULL, now(), now(), {value('marks')}::jsonb, true, {value('score')}::bigint, {value('max_score')}::bigint, NULL, 1, now() FROM load_pairs WHERE n = :n;
INSERT INTO attempt_answers (school_id, attempt_id, question_id, seq, response, saved_at, awaits_marking)
  SELECT p.school_id, p.attempt_id, v.question, 0, v.response, now(), false FROM load_pairs p, (VALUES {answers}) v (question, response) WHERE p.n = :n;
{AUDIT.format(before=before, after=after)}
{TOLD}
COMMIT;
"""

    undo = """DELETE FROM attempts WHERE id IN (SELECT attempt_id FROM load_pairs); DELETE FROM jobs WHERE request_id = 'by-hand';
      DROP TABLE load_pairs;"""


class HandIn(Hand):
    """The attempt with its marks, an audit row, a row for who listens. What has to be read for it is not counted."""

    def pairs(self):
        return """CREATE TABLE load_pairs AS
          SELECT row_number() OVER (ORDER BY id) - 1 AS n, school_id, id AS attempt_id, test_id, user_id, gen_random_uuid() AS audit_id
          FROM attempts WHERE state = 'open' AND id IN (SELECT attempt_id FROM attempt_answers GROUP BY 1 HAVING count(*) = %d);
        ALTER TABLE load_pairs ADD PRIMARY KEY (n); ANALYZE load_pairs;""" % QUESTIONS

    def script(self, url):
        done = self.done(url)
        value = lambda column: self.literal(url, f"SELECT {column} FROM attempts WHERE id = '{done}'")  # noqa: E731
        before, after = self.facts(url, done)
        return f"""{NUMBERED}BEGIN;
UPDATE attempts a SET state = 'submitted', finished_at = now(), marks = {value('marks')}::jsonb, graded = true, score = {value('score')}::bigint, version = version + 1, updated_at = now()
  FROM load_pairs p WHERE p.n = :n AND a.school_id = p.school_id AND a.id = p.attempt_id;
{AUDIT.format(before=before, after=after)}
{TOLD}
COMMIT;
"""

    undo = """UPDATE attempts SET state = 'open', finished_at = NULL, marks = NULL, graded = false, score = NULL, version = 1
      WHERE id IN (SELECT attempt_id FROM load_pairs); DELETE FROM jobs WHERE request_id = 'by-hand'; DROP TABLE load_pairs;"""


class Save(Hand):
    """One answer."""

    def pairs(self):
        attempts = ",".join(attempt for attempt, _ in self.scene["saving"])
        questions = ",".join(self.scene["questions"])
        return f"""CREATE TABLE load_pairs AS
          SELECT row_number() OVER (ORDER BY turn, a.id) - 1 AS n, a.school_id, a.id AS attempt_id, turn, ('{{{questions}}}'::uuid[])[1 + turn % {QUESTIONS}] AS question_id
          FROM attempts a, generate_series(0, 999) turn WHERE a.id = ANY('{{{attempts}}}'::uuid[]);
        ALTER TABLE load_pairs ADD PRIMARY KEY (n); ANALYZE load_pairs;"""

    def script(self, url):
        return f"""{NUMBERED}BEGIN;
INSERT INTO attempt_answers (school_id, attempt_id, question_id, seq, response, saved_at, awaits_marking)
  SELECT school_id, attempt_id, question_id, turn + 1, 'true'::jsonb, now(), false FROM load_pairs WHERE n = :n
  ON CONFLICT (school_id, attempt_id, question_id) DO UPDATE SET seq = excluded.seq, response = excluded.response, saved_at = excluded.saved_at, client_time = excluded.client_time
  WHERE excluded.seq > attempt_answers.seq;
COMMIT;
"""

    undo = "DELETE FROM attempt_answers WHERE attempt_id IN (SELECT attempt_id FROM load_pairs); DROP TABLE load_pairs;"
