import fs from "node:fs";
import path from "node:path";
import { bin } from "../lab.mjs";

export default {
  name: "openclaw",
  title: "OpenClaw",
  package: "openclaw",
  api: "Chat Completions",
  tools: {
    read: (path) => ["read", { path }],
    write: (path, content) => ["write", { path, content }],
    shell: (command) => ["exec", { command }],
  },
  prepare(lab) {
    const file = path.join(lab.home, ".openclaw/openclaw.json");
    const config = JSON.parse(fs.readFileSync(file, "utf8"));
    config.models.providers.weir.headers = { "User-Agent": "openclaw/weir" };
    config.tools = { toolSearch: false };
    config.agents.defaults.skipBootstrap = true;
    config.mcp = { servers: { mem: { command: "node", args: [path.join(lab.env.WEIR_FOLDER, "tests/mcp/node_modules/@modelcontextprotocol/server-memory/dist/index.js")] } } };
    fs.writeFileSync(file, JSON.stringify(config));
  },
  command: (prompt) => [bin("openclaw"), "agent", "--local", "--agent", "main", "--message", prompt],
};
