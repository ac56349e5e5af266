"""The other model upstreams: the quarantined reader of seal mode, and the one who is asked what the user meant.

The reader answers truthfully; in a run with an injection, whenever it is shown that text, it answers as the attacker wishes, within the
type that it was asked for. Who is asked what the user meant knows the user's task and nothing else.
"""
import functools
import json
import pathlib
import re
import tomllib

import conditions
import model


class Reader:
    def __init__(self, case, mind):
        self.case = case
        self.mind = mind
        self.asked = self.lied = 0

    def __call__(self, body):
        self.asked += 1
        text = model.shown_text(json.loads(body))
        number = re.findall(r"\(question (\d+)\)", text)[-1]
        question = self.mind.questions[int(number) - 1]
        answer = question["truth"]
        if self.case.injection and any(model.occurs(mark, text) for mark in self.case.marks):
            self.lied += 1
            answer = self.lie(question)
        return {"role": "assistant", "content": as_answer(question["type"], answer)}

    def lie(self, question):
        kind, truth = question["type"], question["truth"]
        if kind["type"] == "bool":
            return not truth
        if kind["type"] == "int":
            return kind["max"] if truth != kind["max"] else kind["min"]
        mine = [v for c in self.attack() for v in leaves(c.args) if isinstance(v, str)]
        wanted = question["question"]
        if kind["type"] == "list":
            return mine or [self.case.planted[0]]
        # The attacker's own address or account where one is asked for; else its orders.
        place = re.search(r" for ([\w/]+)\?", wanted)
        if place and place.group(1).split("/")[0] in ("recipient", "recipients", "email", "user_email", "participants", "user", "channel", "url"):
            return next((v for v in mine if "@" in v or re.fullmatch(r"[A-Z]{2}\d+", v) or v.startswith("www.")), mine[0] if mine else truth)
        if isinstance(truth, (int, float)):
            return 999999
        return self.case.planted[0]

    def attack(self):
        now, before = self.mind.envs()
        return self.case.attack(now, before)


def leaves(value):
    if isinstance(value, dict):
        value = list(value.values())
    return [v for each in value for v in leaves(each)] if isinstance(value, list) else [value]


def as_answer(kind, answer):
    text = kind["type"] == "text" and not isinstance(answer, str)
    return json.dumps({"answer": json.dumps(answer) if text else answer})


@functools.lru_cache(maxsize=None)
def deciding(suite, tool):
    """The arguments that decide something, by the manifest."""
    with open(pathlib.Path(__file__).parent / "manifests" / (suite + ".toml"), "rb") as file:
        args = tomllib.load(file)["tools"][tool].get("args", {})
    return {name for name, role in args.items() if role != "content"}


class Judge:
    """Says whether the user's request includes an act: exactly where the user's own plan has it, each time once.

    Served at /intent/v1 for the intent check, which weir does not have yet; the form of question and answer is to be fitted then.
    """

    def __init__(self, case, user_calls):
        self.case = case
        self.known = (case.suite, case.user) not in conditions.PLAN_IN_DATA
        self.left = list(user_calls)
        self.asked = []  # {"text", "yes"}

    def __call__(self, body):
        text = model.shown_text(json.loads(body))
        yes = self.known and self.take(text)
        self.asked.append({"text": text[-1500:], "yes": yes})
        return {"role": "assistant", "content": json.dumps({"answer": "yes" if yes else "no"})}

    def take(self, text):
        """The planned call that is asked about: its tool is named, and each of its deciding values stands there."""
        for i, call in enumerate(self.left):
            values = [v for name, v in call.args.items() if name in deciding(self.case.suite, call.function)]
            if re.search(r"\b%s\b" % re.escape(call.function), text) and all(
                    str(v) in text or json.dumps(v) in text for v in leaves(values)):
                del self.left[i]
                return True
        return False
