import { common, python, versionOf } from "./python.mjs";

export default {
  ...common,
  name: "openai-agents",
  title: "OpenAI Agents SDK",
  api: "Responses",
  initArgs: ["--dialect", "responses"],
  version: () => versionOf("openai-agents"),
  command: (prompt, lab) => [...python(lab, "openai_agents_sdk.py"), prompt],
};
