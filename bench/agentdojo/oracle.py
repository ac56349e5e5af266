"""The oracle planner of seal mode: makes each ground-truth argument from what it was shown, and from nothing else.

A value that stands in what it was shown (the user's words, trusted results) it writes itself. Another is a reference to the sealed leaf
that holds it, or a field of one; where no leaf holds it whole, it asks the quarantined reader with the narrowest type: a text (sealed, no
bits) where the value is only passed on, a bool or an int where what to do depends on it (conditions.py, by hand). Which reference holds
what, the bench knows by laying the result of a world without injections beside the result as the planner sees it: it stands for what a
planner understands from the names of fields. So nothing that an attacker wrote can reach what the oracle does but by what it is shown.
"""
import json
import math
import re

import conditions
import model
import reader

REFERENCE = re.compile(r"\{\{weir:v\d+(?:\.[^{}]*)?\}\}")
ASK = "weir_ask"
_TOKEN = re.compile(r"[^\s,;()\[\]{}\"'<>]+")


def tokens(text):
    return [t.strip(".:!?*-") for t in _TOKEN.findall(text) if t.strip(".:!?*-")]


def leaves_of(text):
    """{(name, value)} of a result in JSON, references left out."""
    try:
        open_values, out = [("", json.loads(text))], set()
    except ValueError:
        return set()
    while open_values:
        name, value = open_values.pop()
        if isinstance(value, (dict, list)):
            open_values += value.items() if isinstance(value, dict) else [(name, v) for v in value]
        elif not (isinstance(value, str) and REFERENCE.search(value)):
            out.add((name, plain(value)))
    return out


def plain(value):
    return value if isinstance(value, str) else "%g" % value if isinstance(value, (int, float)) else json.dumps(value)


class References:
    """Which reference holds what, and which of them a planner can tell apart.

    A sealed list shows the same references whatever it holds: of those a planner knows only the first, the hit of its search. Which other
    record is meant it must ask.
    """

    def __init__(self):
        self.whole = {}   # reference to a whole result, or to a reader's answer → what it holds
        self.known = {}   # reference that a planner can choose by its name → what it holds

    def align(self, view, raw):
        """`view`, as the planner sees a result, beside `raw`, as the agent sent it."""
        text = view.strip()
        if REFERENCE.fullmatch(text):
            self.whole[text] = self.known[text] = raw
            return
        try:
            view, raw = json.loads(view), json.loads(raw)
        except ValueError:
            return
        if not isinstance(view, dict) or not REFERENCE.fullmatch(str(view.get("all"))):
            return
        self.whole[view["all"]] = raw
        if "items" not in view:
            self.name(view, raw)
        elif isinstance(raw, list) and raw and isinstance(view["items"][0], dict) and "ref" in view["items"][0]:
            self.known[view["items"][0]["ref"]] = raw[0]
            self.name(view["items"][0], raw[0])

    def name(self, view, raw):
        for field, reference in view.items():
            if isinstance(reference, str) and REFERENCE.fullmatch(reference) and isinstance(raw, dict) and field in raw:
                self.known[reference] = raw[field]

    def made(self, reference, holds):
        self.whole[reference] = self.known[reference] = holds

    def find(self, value):
        for reference, held in reversed(self.known.items()):
            if held == value and isinstance(held, bool) == isinstance(value, bool):
                return reference
        return None

    def holding(self, value, most=8):
        """The whole results that an answer can come from; the latest where none seems to hold it."""
        wanted = set(tokens(value if isinstance(value, str) else json.dumps(value)))
        of = [r for r, held in self.whole.items() if wanted & set(tokens(held if isinstance(held, str) else json.dumps(held)))]
        return (of or list(self.whole))[-most:]


def spelt(kind):
    return "int:%d..%d" % (kind["min"], kind["max"]) if kind["type"] == "int" else kind["type"]


def bits_of(kind):
    return {"bool": math.log2(3), "int": math.log2(kind.get("max", 0) - kind.get("min", 0) + 2)}.get(kind["type"], 0.0)


class Oracle(model.Obedient):
    """As Obedient, but the user's work is done with what was shown. If it is shown an injection it obeys, as Obedient does."""

    def __init__(self, case, envs, user_calls, results, answer):
        super().__init__(case, envs, user_calls, answer)
        self.clean = list(results)  # what each of the user's calls returns in a clean world
        self.results = {}          # call id → that
        self.references = References()
        self.questions = []        # {"question", "type", "truth", "what"}
        self.conditions = dict(conditions.WHEN.get((case.suite, case.user), {}))
        self.literals = conditions.COMPUTED.get((case.suite, case.user), set())
        self.waiting = None        # the question whose answer comes with the next request
        self.visible = ""          # text that the planner was shown and wrote
        self.leaves = set()        # values of trusted results
        self.said = ""             # the user's words
        self.numbers = set()       # that stand there
        self.stopped = ""
        self.bits = 0.0            # revealed so far
        self.bits_at = []          # before each request

    def decide(self, request):
        self.look(request)
        self.bits_at.append(round(self.bits, 2))
        return super().decide(request)

    def look(self, request):
        names = {}
        visible = []
        for message in request["messages"]:
            text = message.get("content")
            text = text if isinstance(text, str) else "".join(p.get("text", "") for p in text or [])
            for call in message.get("tool_calls") or []:
                names[call["id"]] = call["function"]["name"]
                visible.append(call["function"]["arguments"])
            if message["role"] == "user":
                self.said = text
            if message["role"] == "tool" and message["tool_call_id"] in self.results:
                self.references.align(text, self.results[message["tool_call_id"]])
                self.leaves |= leaves_of(text)
            visible.append(text)
        self.visible = REFERENCE.sub(" ", "\n".join(visible))
        self.numbers = {float(n) for n in re.findall(r"(?<![\d.-])\d+(?:\.\d+)?(?![\d-])", self.said)}
        last = request["messages"][-1]
        if self.waiting and last["role"] == "tool" and names.get(last["tool_call_id"]) == ASK:
            self.answered(self.waiting, last["content"])
            self.waiting = None

    def answered(self, question, text):
        text = text if isinstance(text, str) else "".join(p.get("text", "") for p in text)
        found = REFERENCE.search(text)
        if found:
            question["reference"] = found.group(0)
            self.references.made(found.group(0), question["truth"])
            return
        if '"error"' in text or '"note"' in text:
            return
        question["answer"] = text
        self.bits += bits_of(question["type"])
        if question["type"]["type"] == "bool":
            question["yes"] = re.search(r"\btrue\b|\byes\b", text, re.I) is not None
        elif question["type"]["type"] == "int":
            number = re.search(r"-?\d+", text)
            question["number"] = int(number.group(0)) if number else None

    # What the user's work needs next: a question, or the call. None: it cannot go on.
    def calls_message(self, calls, by):
        if by == "attack" or self.stopped:
            return super().calls_message(calls, by)
        if (self.case.suite, self.case.user) in conditions.PLAN_IN_DATA:
            self.user_left, self.stopped = [], "what to do stands in sealed data"
            return {"role": "assistant", "content": "I would need to be told what is to be done."}
        call = calls[0]
        condition = self.conditions.get(len([c for c in self.emitted if c["by"] == "user"]))
        if condition and "asked" not in condition:
            condition = dict(condition, asked=True)
            self.conditions[len([c for c in self.emitted if c["by"] == "user"])] = condition
            return self.ask(call, condition["question"], condition["type"], condition["truth"], condition)
        if condition and not self.holds(condition):
            self.user_left = []
            self.stopped = "the reader said so"
            return {"role": "assistant", "content": "Done."}
        args, question = self.build(dict(call.args), "")
        if question is not None:
            return self.ask(call, *question)
        made = call.model_copy(update={"args": args})
        message = super().calls_message([made], by)
        self.results[self.emitted[-1]["id"]] = self.clean.pop(0)
        return message

    @staticmethod
    def holds(condition):
        question = condition["put"]
        if condition["type"]["type"] == "bool":
            return question.get("yes") == condition["truth"]
        return question.get("number") == condition["truth"]

    def ask(self, call, text, kind, truth, condition=None):
        if any(q["question"] == text and q["truth"] == truth and "reference" not in q and "answer" not in q for q in self.questions):
            self.user_left, self.stopped = [], "the reader did not answer"
            return {"role": "assistant", "content": "I could not find out."}
        question = {"question": text, "type": kind, "truth": truth, "what": ""}
        self.questions.append(question)
        if condition is not None:
            condition["put"] = question
        if call is not None:
            self.user_left.insert(0, call)  # it is made after the answer
        self.waiting = question
        args = {"refs": self.sources(kind, truth), "question": "%s (question %d)" % (text, len(self.questions)), "answer_type": spelt(kind)}
        call_id = "ask_%d" % len(self.questions)
        # As weir_ask tells a planner to: what it will use is written down before it is told anything.
        shown = kind["type"] not in ("text", "list")
        return {"role": "assistant", "content": self.plan() if shown else None,
                "tool_calls": [{"id": call_id, "type": "function", "function": {"name": ASK, "arguments": json.dumps(args)}}]}

    def plan(self):
        """The values of what is still to be done that it has now."""
        kept, self.results = self.results, {**self.results, **dict(enumerate(self.clean))}  # nor what it will read later
        values = [plain(v) for call in self.user_left for v in reader.leaves(dict(call.args)) if not self.derived(v)]
        self.results = kept
        return "I will use, where they fit:\n" + "\n".join(dict.fromkeys(values))

    def sources(self, kind, truth):
        """What the reader is to read: where the value stands; for what is to be counted or judged, all that was read."""
        return self.references.holding(truth) if kind["type"] in ("text", "list") else list(self.references.whole)[-16:]

    def build(self, value, place):
        """(the argument, None), or (None, (question, type, truth)) when the reader must be asked first."""
        if isinstance(value, dict):
            out = {}
            for key, inner in value.items():
                out[key], question = self.build(inner, "%s/%s" % (place, key))
                if question is not None:
                    return None, question
            return out, None
        if isinstance(value, list) and value:
            if not any(self.derived(v, place) for v in value if not isinstance(v, (dict, list))):
                return self.build_each(value, place)
            reference = self.references.find(value)
            if reference:
                return reference, None
            if len(value) == 1:
                return self.build_each(value, place)
            return None, ("Which are they, for %s?" % place.strip("/"), {"type": "list"}, value)
        if value is None or isinstance(value, (bool, list)) or not self.derived(value, place):
            return value, None
        reference = self.references.find(value)
        if reference:
            return reference, None
        return None, ("What is to be put for %s?" % place.strip("/"), {"type": "text"}, value)

    def build_each(self, value, place):
        out = []
        for i, inner in enumerate(value):
            made, question = self.build(inner, "%s/%d" % (place, i))
            if question is not None:
                return None, question
            out.append(made)
        return out, None

    def derived(self, value, place=""):
        """Whether the planner can only have it from sealed content."""
        text = plain(value)
        if not self.references.whole or text in self.literals:  # nothing was sealed yet: its own words
            return False
        if place.endswith("id") or not isinstance(value, str):
            # A number that stands somewhere by chance is not known to be the one.
            name = place.rsplit("/", 1)[-1]
            known = any(text == v and (k == name or name.endswith("id") and k.strip("_") == "id") for k, v in self.leaves)
            return not known and not (not isinstance(value, str) and value in self.numbers)
        seen, sealed = set(tokens(self.visible)), set(tokens("\n".join(self.results.values())))
        if text in seen or (len(text) > 5 and text in self.visible):
            return False
        for token in tokens(text):
            if token in seen or token in self.literals:
                continue
            if any(c.isdigit() or c == "@" for c in token) or token in sealed:
                return True
        return False

    def final_message(self):
        """The answer to the user: its words, where they can be known, else one reference that is expanded for the person."""
        if not self.answer or self.stopped or not self.derived(self.answer):
            return super().final_message()
        reference = self.references.find(self.answer)
        if reference is None and not any(q["truth"] == self.answer for q in self.questions):
            return self.ask(None, "What is the answer to the user's request?", {"type": "text"}, self.answer)
        self.answer = reference or "There is no answer."
        return super().final_message()
