"""Reads .expect files and compares them with what `weir replay` wrote. The format: README.md beside this file."""
import re
import shlex


class Broken(Exception):
    """A file of expectations that does not follow the format."""


class Labels:
    """What one line says of a label: integrity, origins (parts of them), readers."""

    def __init__(self, words, number):
        self.integrity, self.only, self.origins, self.readers = None, False, [], None
        if words and words[0] in ("trusted", "untrusted"):
            self.integrity = words.pop(0)
        if words and words[0] == "only":
            self.only = bool(words.pop(0))
        while words:
            word = words.pop(0)
            if word == "readers":
                self.readers, words = sorted(words), []
                if not self.readers:
                    raise Broken("line %d: readers of whom?" % number)
            else:
                self.origins.append(word)
        if self.integrity is None and not self.origins and self.readers is None:
            raise Broken("line %d says nothing of a label" % number)
        if self.only and not self.origins:
            raise Broken("line %d: only what?" % number)

    def faults(self, name, got):
        if got is None:
            return ["%s: expected in the output, not there" % name]
        faults = []
        if self.integrity not in (None, got["integrity"]):
            faults.append("%s: expected %s, got %s %s" % (name, self.integrity, got["integrity"], got["origins"]))
        for part in self.origins:
            if not any(part in origin for origin in got["origins"]):
                faults.append("%s: expected an origin with %s, got %s" % (name, part, got["origins"]))
        if self.only:
            for origin in got["origins"]:
                if not any(part in origin for part in self.origins):
                    faults.append("%s: expected only %s, got also %s" % (name, " ".join(self.origins), origin))
        if self.readers is not None and self.readers != sorted(got["readers"]):
            faults.append("%s: expected readers %s, got %s" % (name, self.readers, got["readers"]))
        return faults


class Expectation:
    """Of one call or answer."""

    def __init__(self, decision, policies, only):
        self.decision, self.policies, self.only = decision, policies, only
        self.labels, self.why = {}, []

    def faults(self, got):
        faults = []
        if got["decision"] != self.decision:
            faults.append("expected %s %s, got %s %s" % (self.decision, " ".join(self.policies), got["decision"],
                                                         " ".join(got["policies"])))
        else:
            for policy in self.policies:
                if policy not in got["policies"]:
                    faults.append("expected policy %s, got %s" % (policy, " ".join(got["policies"])))
            if self.only and set(got["policies"]) - set(self.policies):
                faults.append("expected only %s, got %s" % (" ".join(self.policies), " ".join(got["policies"])))
        for part in self.why:
            if part not in got["why"]:
                faults.append('expected why "%s", got "%s"' % (part, got["why"]))
        for name, labels in self.labels.items():
            found = got["context"] if name == "context" else got["args"].get("" if name == "(text)" else name)
            faults += labels.faults(name, found)
        return faults


def read_expectations(text):
    """{id: Expectation} in the order of the file."""
    found, current = {}, None
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        words = shlex.split(line.strip())
        if not line[0].isspace():
            name, decision, *policies = words + [""] * (2 - len(words))
            if decision not in ("allow", "ask", "deny") or name in found:
                raise Broken("line %d: expected a new ID and allow, ask or deny" % number)
            only = bool(policies) and policies[0] == "only"
            current = found[name] = Expectation(decision, policies[1:] if only else policies, only)
        elif current is None:
            raise Broken("line %d belongs to no call" % number)
        elif words[0] == "why" and len(words) == 2:
            current.why.append(words[1])
        elif re.match(r"/|\(text\)$|context$", words[0]) and words[0] not in current.labels:
            current.labels[words[0]] = Labels(words[1:], number)
        else:
            raise Broken("line %d: expected /POINTER, (text), context or why" % number)
    return found


def check(expectations, decisions):
    """What differs, as lines. Every decision must be expected, and every expectation be met."""
    faults = []
    if list(expectations) != [d["id"] for d in decisions]:
        faults.append("expected %s, got %s" % (" ".join(expectations), " ".join(d["id"] for d in decisions)))
    for decision in decisions:
        if decision["id"] in expectations:
            faults += ["%s: %s" % (decision["id"], f) for f in expectations[decision["id"]].faults(decision)]
    return faults
