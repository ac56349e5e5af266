import { common, python, versionOf } from "./python.mjs";

export default {
  ...common,
  name: "langgraph",
  title: "LangGraph",
  api: "Chat Completions",
  version: () => versionOf("langgraph"),
  command: (prompt, lab) => [...python(lab, "langgraph_agent.py"), prompt],
};
