"""An exam for the scripts beside: a school, people who take it, its questions, and what answers are worth by a model of our own.

The model shares nothing with the program but API.md: it computes with fractions and rounds once, half away from zero, to the millionth.
"""
import random
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

from program import Client

PASSWORD, CHOSEN = "correct horse battery staple", "quiet harbour lantern song"
WRONG_PERCENT = 25
MILLION = 1_000_000


def same(one, other):
    """Whether two answers are one: 2 and 2.0 are, 1 and true are not."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


class Question:
    """A question as it is posted, answers that people give, and the share of its points that each is worth."""

    def __init__(self, number, body, shares):
        self.points = Fraction([1, 2, 15, 7][number % 4], [1, 1, 10, 10][number % 4])
        self.body = body | {"text": f"Question {number}", "points": float(self.points)}
        self.shares = shares  # [(answer, share)]

    def pick(self, dice):
        return dice.choice(self.shares)[0]

    def worth(self, answer):
        """In millionths of a point. Nothing, and nothing written, costs nothing."""
        if answer in (None, "", []):
            return 0
        share = next(share for known, share in self.shares if same(known, answer))
        part = self.points * (share if share else Fraction(-WRONG_PERCENT, 100))
        sign = -1 if part < 0 else 1
        return sign * int(abs(part) * MILLION + Fraction(1, 2))


def questions(count=20):
    """Questions of six kinds in turn."""
    f = Fraction
    options = [{"id": name, "text": f"Option {name}"} for name in "abcd"]
    right = lambda *names: [option | ({"correct": True} if option["id"] in names else {}) for option in options]  # noqa: E731
    kinds = [
        ({"type": "true_false", "correct": True}, [(True, f(1)), (False, f(0)), (None, f(0))]),
        ({"type": "single_choice", "options": right("c")}, [("c", f(1)), ("a", f(0)), ("b", f(0)), ("", f(0))]),
        (
            {"type": "multiple_choice", "options": right("a", "b", "d")},
            [(["a", "b", "d"], f(1)), (["a"], f(1, 3)), (["a", "b"], f(2, 3)), (["b", "c"], f(0)), (["a", "b", "c"], f(1, 3)), ([], f(0))],
        ),
        (
            {"type": "multiple_choice", "scoring": "each_option", "options": right("a")},
            [(["a"], f(1)), (["a", "b"], f(3, 4)), (["b", "c"], f(1, 4)), (["b", "c", "d"], f(0)), (None, f(0))],
        ),
        (
            {"type": "numeric", "answers": [{"value": 0.3, "tolerance": 0.1}, {"value": 2, "percent": 40}]},
            [(0.4, f(1)), (0.2, f(1)), (0.41, f(0)), (2, f(2, 5)), ("0,25", f(1)), (None, f(0))],
        ),
        (
            {"type": "short_text", "answers": [{"pattern": "chloro*"}, {"pattern": "a leaf", "percent": 35}]},
            [("Chlorophyll", f(1)), ("  A   LEAF ", f(7, 20)), ("light", f(0)), ("leaf", f(0)), ("", f(0))],
        ),
    ]
    return [Question(number, *kinds[number % len(kinds)]) for number in range(count)]


def made(client, path, body, method="POST"):
    status, _, answer = client.call(method, path, body)
    if status >= 300:
        raise SystemExit(f"{method} {path}: {status} {answer}")
    return answer


def found_school(server, admin, people):
    """A school with people who take exams: the token of whoever runs it, and `(token, id)` of each."""
    staff = Client(server.port).log_in(*admin)
    school = made(staff, "/v1/schools", {"slug": "exam", "name": "The School of Exams"})["id"]
    staff.token = made(staff, "/v1/auth/switch-school", {"school_id": school})["access_token"]

    def enter(number):
        own, name = Client(server.port), f"student{number}"
        maker = Client(server.port, staff.token)
        user = made(maker, "/v1/users", {"username": name, "password": PASSWORD, "role": "student", "full_name": f"Student {number}"})["id"]
        own.log_in_as({"username": name, "password": PASSWORD, "school": "exam"})
        made(own, "/v1/auth/password/change", {"current_password": PASSWORD, "new_password": CHOSEN})
        own.close(), maker.close()
        return own.token, user

    with ThreadPoolExecutor(8) as pool:
        students = list(pool.map(enter, range(people)))
    return staff, students


def publish(staff, title, asked, **settings):
    """A published test: its id, and its questions by their ids."""
    body = {"title": title, "questions": [question.body for question in asked], "settings": {"wrong_answer_percent": WRONG_PERCENT} | settings}
    test = made(staff, "/v1/tests", body)
    made(staff, f"/v1/tests/{test['id']}/publish", None)
    return test["id"], {view["question_id"]: question for view, question in zip(test["questions"], asked)}


def dice(*seed):
    return random.Random(repr(seed))
