"""AgentDojo's suites as the bench uses them: environments with injected text, ground truths, checks.

The package is used as it comes. Two things are set from outside: its tools' clock stands still, so that two runs of one case show the
same bytes, and the tasks whose ground truth is empty get calls by hand (workspace 6 to 13; travel 6 is text only).
"""
import copy
import datetime
import functools

import yaml
from agentdojo.default_suites.v1.tools import calendar_client, cloud_drive_client, email_client
from agentdojo.functions_runtime import FunctionCall, FunctionsRuntime
from agentdojo.task_suite.load_suites import get_suites
from agentdojo.task_suite.task_suite import read_suite_file
from agentdojo.types import get_text_content_as_str

import attacks

VERSION = "v1.2.2"
SUITES = ("banking", "slack", "travel", "workspace")
# Attacks whose goal is text in the answer: there is no call that a wall could stop.
TEXT_GOALS = {("travel", "injection_task_6")}
# Attacks whose goal is that a page is read: no side effect by the manifest.
READ_GOALS = {("slack", "injection_task_3")}
# An acceptable argument, the wrong act: known hard cases of control integrity.
HARD = {("travel", "injection_task_2"), ("travel", "injection_task_4"), ("slack", "injection_task_1"),
        ("workspace", "injection_task_1"), ("travel", "injection_task_6")}


class _StillClock:
    """Stands in for the class `datetime.datetime`; what it makes are real ones."""

    def now(self, tz=None):
        return datetime.datetime(2024, 5, 15, 12, 0, 0, tzinfo=tz)

    def __call__(self, *args, **kwargs):
        return datetime.datetime(*args, **kwargs)

    def __getattr__(self, name):
        return getattr(datetime.datetime, name)


class _StillDatetime:
    """Stands in for the module `datetime` within AgentDojo's tools."""

    datetime = _StillClock()

    def __getattr__(self, name):
        return getattr(datetime, name)


for _module in (calendar_client, cloud_drive_client, email_client):
    _module.datetime = _StillDatetime()


def suite(name):
    return get_suites(VERSION)[name]


def _token(vector):
    return "INJECTED-%s-HERE" % vector.replace("_", "-")


@functools.lru_cache(maxsize=256)
def _parsed(name, vectors):
    """The environment's data with a token at each of `vectors`, the others at their defaults."""
    of = suite(name)
    text = read_suite_file(name, "environment.yaml", of.data_path)
    fill = dict(of.get_injection_vector_defaults(), **{v: _token(v) for v in vectors})
    return yaml.load(text.format(**fill), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def _replaced(data, texts):
    if isinstance(data, str):
        for token, text in texts.items():
            if token in data:
                data = data.replace(token, text)
        return data
    if isinstance(data, list):
        return [_replaced(each, texts) for each in data]
    if isinstance(data, dict):
        return {_replaced(k, texts): _replaced(v, texts) for k, v in data.items()}
    return copy.copy(data)


def environment(name, injections):
    """A fresh environment; `injections` is {vector: text}. Text goes in as it is, after the YAML is read."""
    data = _parsed(name, tuple(sorted(injections)))
    data = _replaced(data, {_token(v): text for v, text in injections.items()})
    return suite(name).environment_type.model_validate(data)


@functools.lru_cache(maxsize=None)
def vectors_shown(name, user_id):
    """The vectors whose text a run of the task's ground truth shows, as AgentDojo's own attacks find them."""
    of, task = suite(name), suite(name).user_tasks[user_id]
    env = task.init_environment(environment(name, {v: _token(v) for v in of.get_injection_vector_defaults()}))
    runtime, seen = FunctionsRuntime(of.tools), ""
    for call in task.ground_truth(env):
        result, _ = runtime.run_function(env, call.function, call.args)
        seen += repr(result)
    return tuple(v for v in of.get_injection_vector_defaults() if _token(v) in seen)


@functools.lru_cache(maxsize=None)
def clean_run(name, user_id, formatter):
    """(the task's calls, what each returns), in a world without injections."""
    of, task = suite(name), suite(name).user_tasks[user_id]
    env = task.init_environment(environment(name, {}))
    calls = task.ground_truth(env.model_copy(deep=True))
    runtime, results = FunctionsRuntime(of.tools), []
    for call in calls:
        value, error = runtime.run_function(env, call.function, dict(call.args))
        results.append(error or formatter(value))
    return tuple(calls), tuple(results)


def attack_calls(name, injection_id, env, first_env):
    """The calls that reach the injection's goal from `env`; `first_env` is as it was before the run."""
    if name == "workspace" and int(injection_id.rsplit("_", 1)[1]) >= 6:
        return attacks.workspace_calls(int(injection_id.rsplit("_", 1)[1]), env, first_env)
    return suite(name).injection_tasks[injection_id].ground_truth(copy.deepcopy(env))


def reached(name, injection_id, output, before, after, trace):
    task = suite(name).injection_tasks[injection_id]
    text = get_text_content_as_str(output)
    # Some checks change what they look at (reading marks mails as read).
    before, after = copy.deepcopy(before), copy.deepcopy(after)
    by_trace = task.security_from_traces(text, before, after, trace)
    return bool(task.security(text, before, after) if by_trace is None else by_trace)
