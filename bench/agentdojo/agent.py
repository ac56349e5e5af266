"""The agent: AgentDojo's own pipeline around a plain Chat Completions client. It knows nothing of weir but a base URL and a token."""
import http.client
import json
import urllib.parse

from agentdojo.agent_pipeline import AgentPipeline, InitQuery, SystemMessage, ToolsExecutionLoop, ToolsExecutor
from agentdojo.agent_pipeline.agent_pipeline import load_system_message
from agentdojo.agent_pipeline.base_pipeline_element import BasePipelineElement
from agentdojo.functions_runtime import EmptyEnv, FunctionCall
from agentdojo.types import get_text_content_as_str, text_content_block_from_string
from pydantic import BaseModel

MAX_ITERATIONS = 60  # AgentDojo's 15 are fewer than some ground truths have calls


def as_json(result):
    """Tool results as JSON. AgentDojo's own option for that prints some of them as Python does and cannot print dates."""
    if isinstance(result, BaseModel):
        return json.dumps(result.model_dump(mode="json"))
    if isinstance(result, list):
        return json.dumps([r.model_dump(mode="json") if isinstance(r, BaseModel) else r for r in result])
    if isinstance(result, dict):
        return json.dumps(result)
    return "" if result is None else str(result)


class HttpError(Exception):
    pass


class Http:
    """One kept connection to an OpenAI-compatible endpoint."""

    def __init__(self, base, token=None, timeout=120):
        self.base = urllib.parse.urlsplit(base)
        kind = http.client.HTTPSConnection if self.base.scheme == "https" else http.client.HTTPConnection
        self.connection = kind(self.base.hostname, self.base.port, timeout=timeout)
        self.headers = {"content-type": "application/json", **({"authorization": "Bearer " + token} if token else {})}

    def ask(self, method, path, body=None):
        self.connection.request(method, self.base.path + path, None if body is None else json.dumps(body), self.headers)
        answer = self.connection.getresponse()
        data = answer.read()
        if answer.status != 200:
            raise HttpError("%s %s: %d %s" % (method, path, answer.status, data[:500].decode(errors="replace")))
        return json.loads(data)

    def close(self):
        self.connection.close()


class ChatModel(BasePipelineElement):
    name = "scripted"

    def __init__(self, http_client, model):
        self.http = http_client
        self.model = model
        self.tools = None
        self.raw = {}  # call id → arguments as the model wrote them

    def query(self, query, runtime, env=EmptyEnv(), messages=(), extra_args={}):
        if self.tools is None:
            self.tools = [{"type": "function", "function": {"name": f.name, "description": f.description,
                                                            "parameters": f.parameters.model_json_schema()}}
                          for f in runtime.functions.values()]
        body = {"model": self.model, "messages": [self.outgoing(m) for m in messages], "tools": self.tools}
        answer = self.http.ask("POST", "/chat/completions", body)["choices"][0]["message"]
        calls = []
        for call in answer.get("tool_calls") or []:
            self.raw[call["id"]] = call["function"]["arguments"]
            calls.append(FunctionCall(function=call["function"]["name"], args=json.loads(call["function"]["arguments"] or "{}"),
                                      id=call["id"]))
        output = {"role": "assistant", "tool_calls": calls or None,
                  "content": [text_content_block_from_string(answer.get("content") or "")]}
        return query, runtime, env, [*messages, output], extra_args

    def name_of(self, call):
        """The name that the model knows the tool by."""
        return call.function

    def outgoing(self, message):
        text = get_text_content_as_str(message["content"] or [])
        if message["role"] == "assistant":
            out = {"role": "assistant", "content": text or None}
            if message["tool_calls"]:
                out["tool_calls"] = [{"id": c.id, "type": "function", "function": {"name": self.name_of(c), "arguments": self.raw[c.id]}}
                                     for c in message["tool_calls"]]
            elif not text:
                out["content"] = ""
            return out
        if message["role"] == "tool":
            return {"role": "tool", "tool_call_id": message["tool_call_id"], "content": message["error"] or text}
        return {"role": message["role"], "content": text}


class Seen(BasePipelineElement):
    """Keeps what AgentDojo's checks need afterwards: the environment before, now, and the conversation."""

    def __init__(self, inner):
        self.inner = inner
        self.before = self.env = None
        self.messages = []
        self.refused = set()  # ids of calls that the agent made and that did not run

    def query(self, query, runtime, env=EmptyEnv(), messages=(), extra_args={}):
        self.before, self.env = env.model_copy(deep=True), env
        query, runtime, self.env, self.messages, extra_args = self.inner.query(query, runtime, env, messages, extra_args)
        for message in self.messages:  # a call that did not run is no part of what AgentDojo's checks look at
            if message["role"] == "assistant" and message["tool_calls"]:
                message["tool_calls"] = [c for c in message["tool_calls"] if c.id not in self.refused]
        return query, runtime, self.env, self.messages, extra_args

    def inner_env(self):
        """The environment as it is now; AgentDojo's tools change it in place."""
        return self.env

    def trace(self):
        return [c for m in self.messages if m["role"] == "assistant" for c in m["tool_calls"] or []]

    def output(self):
        return self.messages[-1]["content"] or [] if self.messages else []


def pipeline(http_client, model):
    chat = ChatModel(http_client, model)
    loop = ToolsExecutionLoop([ToolsExecutor(as_json), chat], max_iters=MAX_ITERATIONS)
    whole = AgentPipeline([SystemMessage(load_system_message(None)), InitQuery(), chat, loop])
    whole.name = "weir-bench"
    return Seen(whole)
