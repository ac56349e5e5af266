import path from "node:path";
import { here } from "../lab.mjs";

const kFolder = path.join(here, "openclaw/node_modules");  // a project of its own: it is large

export default {
  name: "openclaw",
  ms: 300000,  // on a busy machine it takes minutes to start
  title: "OpenClaw",
  package: path.join(kFolder, "openclaw"),
  api: "Chat Completions",
  tools: {
    read: (path) => ["read", { path }],
    write: (path, content) => ["write", { path, content }],
    shell: (command) => ["exec", { command }],
  },
  command: (prompt) => [path.join(kFolder, ".bin/openclaw"), "agent", "exec", prompt],
};
