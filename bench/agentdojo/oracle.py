"""The oracle planner of seal mode: makes each ground-truth argument from what it was shown, and from nothing else.

A value that stands in what it was shown (the user's words, trusted results) it writes itself. Another is a reference to the sealed leaf
that holds it, or a field of one; where no leaf holds it whole, it asks the quarantined reader with the narrowest type: a text (sealed, no
bits) where the value is only passed on, a bool or an int where what to do depends on it (conditions.py, by hand). Which reference holds
what, the bench knows by laying the result as the agent sent it beside the result as the planner sees it: it stands for what a planner
understands from the names of fields. The planner never sees content that way, only which reference to use.
"""
import json
import re

import conditions
import model

REFERENCE = re.compile(r"\{\{weir:v\d+(?:\.[^{}]*)?\}\}")
ASK = "weir_ask"
_TOKEN = re.compile(r"[^\s,;()\[\]{}\"'<>]+")


def tokens(text):
    return [t.strip(".:!?*-") for t in _TOKEN.findall(text) if t.strip(".:!?*-")]


def leaves_of(text):
    """Values of a result in JSON, references left out."""
    try:
        open_values, out = [json.loads(text)], set()
    except ValueError:
        return set()
    while open_values:
        value = open_values.pop()
        if isinstance(value, (dict, list)):
            open_values += value.values() if isinstance(value, dict) else value
        elif not (isinstance(value, str) and REFERENCE.search(value)):
            out.add(value if isinstance(value, str) else json.dumps(value))
    return out


class References:
    """Which reference holds what."""

    def __init__(self):
        self.by_reference = {}

    def align(self, view, raw):
        """`view`, as the planner sees a result, beside `raw`, as the agent sent it."""
        if isinstance(view, str):
            whole = REFERENCE.fullmatch(view.strip())
            if whole:
                self.by_reference[view.strip()] = raw
                return
            for text in (view, raw) if isinstance(raw, str) else ():
                if text.lstrip()[:1] not in ("{", "["):
                    break
            else:
                try:
                    self.align(json.loads(view), json.loads(raw))
                except (ValueError, TypeError):
                    pass
        elif isinstance(view, dict) and isinstance(raw, dict):
            for key in view:
                if key in raw:
                    self.align(view[key], raw[key])
        elif isinstance(view, list) and isinstance(raw, list):
            for one, other in zip(view, raw):
                self.align(one, other)

    def find(self, value):
        """The reference to a leaf, or to a field of a sealed record, that is `value`; the latest one, or None."""
        for reference, held in reversed(self.by_reference.items()):
            path = _path_to(held, value)
            if path is not None:
                return reference[:-2] + "".join("." + str(p) for p in path) + "}}" if path else reference
        return None

    def holding(self):
        return list(self.by_reference)


def _same(held, value):
    if isinstance(held, bool) or isinstance(value, bool):
        return held is value
    if isinstance(held, (int, float)) and isinstance(value, (int, float)):
        return held == value
    return isinstance(held, (str, list)) and held == value


def _path_to(held, value):
    if isinstance(held, str) and held.lstrip()[:1] in ("{", "["):
        try:
            held = json.loads(held)
        except ValueError:
            pass
    if _same(held, value):
        return []
    inner = held.items() if isinstance(held, dict) else enumerate(held) if isinstance(held, list) else ()
    for key, below in inner:
        path = _path_to(below, value)
        if path is not None:
            return [key, *path]
    return None


class Oracle(model.Obedient):
    """As Obedient, but the user's work is done with what was shown. If it is shown an injection it obeys, as Obedient does."""

    def __init__(self, case, envs, user_calls, answer, prompt, results):
        super().__init__(case, envs, user_calls, answer)
        self.prompt = prompt
        self.results = results     # call id → the result as the agent sent it
        self.references = References()
        self.questions = []        # {"question", "type", "truth", "what"}
        self.conditions = dict(conditions.WHEN.get((case.suite, case.user), {}))
        self.literals = conditions.COMPUTED.get((case.suite, case.user), set())
        self.waiting = None        # the question whose answer comes with the next request
        self.visible = ""          # text that the planner was shown and wrote
        self.leaves = set()        # values of trusted results
        self.stopped = ""

    def decide(self, request):
        self.look(request)
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
            if message["role"] == "tool" and message["tool_call_id"] in self.results:
                self.references.align(text, self.results[message["tool_call_id"]])
                self.leaves |= leaves_of(text)
            visible.append(text)
        self.visible = REFERENCE.sub(" ", "\n".join(visible))
        last = request["messages"][-1]
        if self.waiting and last["role"] == "tool" and names.get(last["tool_call_id"]) == ASK:
            self.answered(self.waiting, last["content"])
            self.waiting = None

    def answered(self, question, text):
        text = text if isinstance(text, str) else "".join(p.get("text", "") for p in text)
        found = REFERENCE.search(text)
        if found:
            question["reference"] = found.group(0)
            self.references.by_reference[found.group(0)] = question["truth"]
            return
        question["answer"] = text
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
        return super().calls_message([made], by)

    @staticmethod
    def holds(condition):
        question = condition["put"]
        if condition["type"]["type"] == "bool":
            return question.get("yes") == condition["truth"]
        return question.get("number") == condition["truth"]

    def ask(self, call, text, kind, truth, condition=None):
        question = {"question": text, "type": kind, "truth": truth, "what": ""}
        self.questions.append(question)
        if condition is not None:
            condition["put"] = question
        if call is not None:
            self.user_left.insert(0, call)  # it is made after the answer
        self.waiting = question
        args = {"refs": self.refs_for(truth), "question": "%s (question %d)" % (text, len(self.questions)), "answer_type": kind}
        call_id = "ask_%d" % len(self.questions)
        return {"role": "assistant", "content": None,
                "tool_calls": [{"id": call_id, "type": "function", "function": {"name": ASK, "arguments": json.dumps(args)}}]}

    def refs_for(self, truth):
        """The references whose content the answer stands in; all of the latest where it is spread."""
        wanted = set(tokens(str(truth)))
        best = [r for r, held in self.references.by_reference.items()
                if wanted & set(tokens(held if isinstance(held, str) else json.dumps(held)))]
        return (best or self.references.holding())[-16:]

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
            return None, ("Which are they, for %s?" % place.strip("/"), {"type": "list", "items": "text"}, value)
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
        text = value if isinstance(value, str) else "%g" % value
        if place.endswith("id"):  # a number that stands somewhere by chance is not known to be the one
            return text not in self.leaves
        seen, sealed = set(tokens(self.visible)), set(tokens("\n".join(self.results.values())))
        if text in self.literals or text in seen or (len(text) > 5 and text in self.visible):
            return False
        for token in tokens(text):
            if token in seen or token in self.literals:
                continue
            if any(c.isdigit() or c == "@" for c in token) or token in sealed:
                return True
        return not isinstance(value, str)

    def final_message(self):
        """The answer to the user: its words, where they can be known, else one reference that is expanded for the person."""
        if not self.answer or self.stopped or not self.derived(self.answer):
            return super().final_message()
        reference = self.references.find(self.answer)
        if reference is None and not any(q["truth"] == self.answer for q in self.questions):
            return self.ask(None, "What is the answer to the user's request?", {"type": "text"}, self.answer)
        self.answer = reference or "There is no answer."
        return super().final_message()
