import fs from "node:fs";
import path from "node:path";
import { bin } from "../lab.mjs";

export default {
  name: "opencode",
  title: "opencode",
  package: "opencode-ai",
  api: "Chat Completions",
  init: "openai-compatible",
  byHand: true,
  prepare(lab) {
    lab.file(path.join(lab.home, ".config/opencode/opencode.json"), JSON.stringify({
      provider: { weir: { npm: "@ai-sdk/openai-compatible", name: "weir", options: { baseURL: `${lab.url}/v1`, apiKey: lab.token }, models: { m: { name: "m" } } } },
      model: "weir/m",
    }));
  },
  tools: {
    read: (path) => ["read", { filePath: path }],
    write: (path, content) => ["write", { filePath: path, content }],
    shell: (command) => ["bash", { command, description: "as told" }],
  },
  command: (prompt) => [bin("opencode"), "run", prompt],
};
